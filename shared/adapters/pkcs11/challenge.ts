import { ProviderError } from '#domain/errors.ts';
import { attributes, keyTypes, objectClasses } from './constants.ts';
import type { Handle, Mechanism } from './cryptoki.ts';
import { isLoss, providerError, returnValueOf } from './errors.ts';
import { keyWrapName, keyWraps } from './key-wrap.ts';
import { mechanisms } from './mechanisms.ts';
import {
  destroyObjects,
  findObjects,
  generateKey,
  readAttribute,
  readFlag,
  type TokenSession,
  wrapKey,
} from './operations.ts';
import { madeTransportKeyTemplate, template } from './templates.ts';

/** What a token answered to one try at taking a key out. */
export interface ChallengeAnswer {
  /** What was tried, in words. */
  attempt: string;
  /** The token's own return value: `CKR_OK` if it let it happen. */
  answer: string;
  refused: boolean;
}

/**
 * Tries to take a key out of the token in the ways that whoever has its PIN could: to read it, to wrap it, to loosen it, to
 * copy it loosened. What a token let happen is undone, and what it gave is not kept.
 * @param id CKA_ID of a private or secret key, in hexadecimal digits
 * @param available the mechanisms that the token lists
 * @throws ProviderError `key-not-found` if there is no such key; `provider-unavailable`
 */
export async function challengeKey(
  token: TokenSession,
  id: string,
  available: ReadonlySet<number>,
): Promise<ChallengeAnswer[]> {
  try {
    return await challenge(token, findKey(token, Buffer.from(id, 'hex')), available);
  } catch (error) {
    throw providerError(error);
  }
}

/** As `challengeKey`, of a key by its handle. */
export async function challenge(
  token: TokenSession,
  key: Handle,
  available: ReadonlySet<number>,
): Promise<ChallengeAnswer[]> {
  const answers: ChallengeAnswer[] = [];
  for (const { attempt, work } of [
    ...readings(token, key),
    ...wrappings(token, available, key),
    ...loosenings(token, key),
  ]) {
    const answer = await answerTo(work);
    answers.push({ attempt, answer, refused: answer !== 'CKR_OK' });
  }
  return answers;
}

interface Try {
  attempt: string;
  work(): unknown;
}

function readings(token: TokenSession, key: Handle): Try[] {
  const isRsa = readAttribute(token, key, attributes.CKA_KEY_TYPE)[0] === keyTypes.CKK_RSA;
  const names = isRsa ? (['CKA_PRIVATE_EXPONENT', 'CKA_PRIME_1'] as const) : (['CKA_VALUE'] as const);
  return names.map((name) => ({
    attempt: `read ${name}`,
    work: () => readAttribute(token, key, attributes[name]).fill(0),
  }));
}

/** Under an AES key that the token makes for it, and that is destroyed afterwards. */
function wrappings(token: TokenSession, available: ReadonlySet<number>, key: Handle): Try[] {
  if (!available.has(mechanisms.CKM_AES_KEY_GEN)) return [];
  const wrappers: Mechanism[] = [
    ...keyWraps,
    { mechanism: mechanisms.CKM_AES_CBC_PAD, parameter: Buffer.alloc(16) },
  ];
  return wrappers
    .filter(({ mechanism }) => available.has(mechanism))
    .map((wrapper) => ({
      attempt: `wrap it by ${keyWrapName(wrapper)}`,
      work: async () => {
        const aesKey = await generateKey(token, mechanisms.CKM_AES_KEY_GEN, madeTransportKeyTemplate());
        try {
          await wrapKey(token, wrapper, aesKey, key);
        } finally {
          destroyObjects(token, [aesKey]);
        }
      },
    }));
}

const loosened = [
  { name: 'CKA_EXTRACTABLE', loose: true },
  { name: 'CKA_SENSITIVE', loose: false },
] as const;

/** A key that is loose already is not touched, and counts as one that its token let become so. */
function loosenings(token: TokenSession, key: Handle): Try[] {
  const { cryptoki, session } = token;
  return loosened.flatMap(({ name, loose }) => {
    const isLoose = readFlag(token, key, attributes[name]) === loose;
    const set = (value: boolean) => cryptoki.C_SetAttributeValue(session, key, template({ [name]: value }));
    const copy = () => cryptoki.C_CopyObject(session, key, template({ CKA_TOKEN: false, [name]: loose }));
    return [
      {
        attempt: `set ${name} ${loose}`,
        work: () => {
          if (isLoose) return;
          set(loose);
          set(!loose);
        },
      },
      {
        attempt: `copy it with ${name} ${loose}`,
        work: () => {
          if (!isLoose) destroyObjects(token, [copy()]);
        },
      },
    ];
  });
}

function findKey(token: TokenSession, id: Buffer): Handle {
  const classes = [objectClasses.CKO_PRIVATE_KEY, objectClasses.CKO_SECRET_KEY];
  const found = classes.flatMap((CKA_CLASS) => findObjects(token, template({ CKA_CLASS, CKA_ID: id })));
  const [key] = id.length === 0 ? [] : found;
  if (key === undefined) throw new ProviderError('key-not-found');
  return key;
}

/** @throws what is no answer of the token, and the loss of it */
async function answerTo(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'CKR_OK';
  } catch (error) {
    const answer = returnValueOf(error);
    if (answer === undefined || isLoss(error)) throw error;
    return answer;
  }
}
