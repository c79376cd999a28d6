import type { ChallengeAnswer } from '#adapters/pkcs11/challenge.ts';
import type { SlotFacts, TokenFacts } from '#adapters/pkcs11/slots.ts';
import { SetUpError } from '#domain/errors.ts';
import { challenged, keysIn } from './ask-token.ts';
import { describeChallenge, isKept } from './challenge-report.ts';
import { findKey } from './find-key.ts';
import { type JudgedKey, judgeKeys } from './judged-key.ts';
import { describeKey, describeKeys } from './key-table.ts';
import type { OpenedToken } from './log-in.ts';

/** The keys of a token that were asked for. */
export interface ShownKeys {
  slot: SlotFacts;
  keys: JudgedKey[];
  /** What the token answered to each try at taking the key out; absent if none was made. */
  challenge?: ChallengeAnswer[];
}

/**
 * Reads the keys of a token, and tries to take one out if told so.
 * @param named what names one key; '' for all
 * @throws what reading throws; AccessError `not-found`, SetUpError `usage` if not one key is named
 */
export async function keysToShow(
  { slot, login }: OpenedToken,
  named: string,
  challenge: boolean,
): Promise<ShownKeys> {
  const all = judgeKeys(await keysIn(login));
  if (named === '') return { slot, keys: all };
  const key = findKey(all, named);
  if (!challenge) return { slot, keys: [key] };
  if (key.id === '') {
    throw new SetUpError('usage', {
      field: 'KEY',
      why: 'it has no id (CKA_ID), by which the token is asked for it',
      next: "Give it one by the vendor's own tool.",
    });
  }
  return { slot, keys: [key], challenge: await challenged(login, key.id) };
}

/** One key in full, or all in a table; and how the token stood its challenge. */
export function describeShown({ keys, challenge }: ShownKeys, token: TokenFacts, named: string): string {
  const [key] = keys;
  const described = named === '' || key === undefined ? describeKeys(token, keys) : describeKey(key);
  return challenge === undefined ? described : `${described}\n\n${describeChallenge(challenge)}`;
}

/** Whether all is as it must be. */
export function isAsItMustBe({ keys, challenge }: ShownKeys): boolean {
  return keys.every(({ wrong }) => wrong.length === 0) && (challenge === undefined || isKept(challenge));
}
