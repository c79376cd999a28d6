import type { ChallengeAnswer } from '#adapters/pkcs11/challenge.ts';
import type { TokenLogin } from '#adapters/pkcs11/token-administration.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { ProviderError } from '#domain/errors.ts';
import { inParallel } from './in-parallel.ts';
import type { Progress } from './progress.ts';

/** Each starts a process that logs in to the token. */
const atOnce = 2;

/** What a token answered to each try at taking a key out, by what was tried; as in `CKR_KEY_UNEXTRACTABLE`. */
export type TokenAnswers = Readonly<Record<string, string>>;

/**
 * Asks the token itself to give up each key that must never leave it, past the service: in a process of its own, as
 * whoever has the PIN could.
 * @param enrollments those without such a key are passed over
 * @returns the answers by the enrollments' ids
 * @throws ProviderError `key-not-found` if the token does not hold such a key, `provider-misconfigured`, `provider-unavailable`
 */
export async function askToken(
  login: TokenLogin,
  enrollments: readonly Enrollment[],
  progress: Progress,
): Promise<Map<string, TokenAnswers>> {
  const { challengeTokenKey } = await import('#adapters/pkcs11/token-administration.ts');
  const { keyId } = await import('#adapters/pkcs11/named-keys.ts');
  const found = new Map<string, TokenAnswers>();
  const resident = enrollments.flatMap(({ id, state, key }) =>
    state === 'ready' && key?.residentKey !== undefined ? [{ id, name: key.residentKey }] : [],
  );
  await inParallel(resident, atOnce, async ({ id, name }) => {
    found.set(id, byAttempt(await challengeTokenKey(login, keyId(name).toString('hex'))));
    progress.count('keys that the token was asked for', found.size, resident.length);
  });
  return found;
}

/**
 * Looks whether the token kept each key to itself.
 * @param entries who they are, to a person, with what the token answered
 * @throws ProviderError `provider-misconfigured` naming the first key that it gave up, and how
 */
export function checkRefused(entries: readonly { whose: string; answers: TokenAnswers }[]): void {
  for (const { whose, answers } of entries) {
    const given = Object.entries(answers).find(([, answer]) => answer === 'CKR_OK');
    if (given === undefined) continue;
    throw new ProviderError('provider-misconfigured', {
      field: 'token',
      why: `gave up the key of ${whose}, which must never leave it: it let another process ${given[0]}`,
      next: 'Keep no key in this token before its vendor has told why; summary.json holds every answer.',
    });
  }
}

function byAttempt(answers: readonly ChallengeAnswer[]): TokenAnswers {
  return Object.fromEntries(answers.map(({ attempt, answer }) => [attempt, answer]));
}
