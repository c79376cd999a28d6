import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '#domain/errors.ts';
import { attributes, objectClasses } from './constants.ts';
import type { Handle } from './cryptoki.ts';
import { providerError, returnValueOf } from './errors.ts';
import { makeMacKey } from './mac-keys.ts';
import { mechanisms } from './mechanisms.ts';
import {
  destroyObjects,
  findObjects,
  generateKey,
  generateKeyPair,
  readAttribute,
  readFlag,
  setLabel,
  type TokenSession,
} from './operations.ts';
import { custodyKeyTemplate, keyPairTemplates, type Standing, template } from './templates.ts';

/** One of the provider's own keys in the token, found by its label. */
export interface TokenKeyKind {
  label: string;
  objectClass: number;
  make(token: TokenSession, standing: Standing): Promise<unknown>;
}

const { CKO_PRIVATE_KEY, CKO_SECRET_KEY } = objectClasses;

/** The provider's own keys. The binding key is not the MAC key, so that no MAC a caller asks for binds a wrapped key. */
export const tokenKeyKinds = {
  mac: { label: 'escrow-mac', objectClass: CKO_SECRET_KEY, make: makeMacKey },
  binding: { label: 'escrow-binding', objectClass: CKO_SECRET_KEY, make: makeMacKey },
  custody: {
    label: 'escrow-custody',
    objectClass: CKO_SECRET_KEY,
    make: (token, standing) => generateKey(token, mechanisms.CKM_AES_KEY_GEN, custodyKeyTemplate(standing)),
  },
  receipt: {
    label: 'escrow-receipt',
    objectClass: CKO_PRIVATE_KEY,
    make: (token, standing) => {
      const use = { purpose: 'identity', resident: true, standing } as const;
      const pair = keyPairTemplates('ECC_NIST_P256', use);
      return generateKeyPair(token, pair.mechanism, pair.publicTemplate, pair.privateTemplate);
    },
  },
} as const satisfies Record<string, TokenKeyKind>;

/** After so many rounds another process's unfinished key is taken for the leavings of a crash. */
const patience = 8;
const rounds = 40;

/**
 * The key of a kind: found, or made once. A token has no "create if absent", so a key is made under a passing label and
 * gets its own only when its maker sees no rival, finished or not; of several who start at the same moment at most one
 * sees none, and the others destroy theirs and look again. Nobody uses a key under a passing label, so what a crash
 * leaves can be destroyed.
 *
 * This holds where a token does one thing after another for everyone. SoftHSM does so within a process only: another
 * process may not see an object that is being written. So a fresh SoftHSM token is opened by one process first, which
 * the lock of the data folder sees to; two keys that came to be nonetheless are refused, not chosen from.
 * @returns its handle; for a key pair that of the private half
 * @throws ProviderError `provider-misconfigured` if there are several, or if it could be taken out of the token;
 *   `provider-unavailable` if others kept making it
 */
export async function ensureTokenKey(token: TokenSession, kind: TokenKeyKind): Promise<Handle> {
  for (let round = 0; round < rounds; round++) {
    const found = findTokenKey(token, kind);
    if (found !== undefined) return checked(token, kind, found);
    await makeUnlessRivalled(token, kind, round >= patience);
  }
  throw new ProviderError('provider-unavailable', {
    why: `the key labelled ${kind.label} could not be made: others are making it all the time`,
  });
}

async function makeUnlessRivalled(
  token: TokenSession,
  kind: TokenKeyKind,
  impatient: boolean,
): Promise<void> {
  const passingLabel = `${kind.label}.new`;
  const id = randomBytes(16);
  await kind.make(token, { label: passingLabel, id });
  const rivals = findByLabel(token, kind, passingLabel).filter((key) => !hasId(token, key, id));
  const mine = findObjects(token, template({ CKA_ID: id }));
  if (rivals.length === 0 && findByLabel(token, kind, kind.label).length === 0) {
    await giveLabel(token, kind, mine);
    return;
  }
  destroyObjects(token, mine);
  if (impatient) destroyObjects(token, rivals);
  await sleep(randomInt(5, 60));
}

/** Whether an object has this CKA_ID. One that was destroyed since it was found has not. */
function hasId(token: TokenSession, object: Handle, id: Buffer): boolean {
  try {
    return readAttribute(token, object, attributes.CKA_ID).equals(id);
  } catch (error) {
    if (returnValueOf(error) === 'CKR_OBJECT_HANDLE_INVALID') return false;
    throw error;
  }
}

/**
 * Gives a key its own label. Where no label can be changed (AWS CloudHSM has no C_SetAttributeValue) another key is made under
 * it, while this one keeps the others away, and this one goes.
 */
async function giveLabel(token: TokenSession, kind: TokenKeyKind, mine: readonly Handle[]): Promise<void> {
  try {
    for (const object of mine) setLabel(token, object, kind.label);
  } catch (error) {
    // Somebody impatient took it for the leavings of a crash: it was not used, so look again.
    if (returnValueOf(error) === 'CKR_OBJECT_HANDLE_INVALID') return;
    if (providerError(error).code !== 'provider-incapable') throw error;
    try {
      await kind.make(token, { label: kind.label, id: randomBytes(16) });
    } finally {
      destroyObjects(token, mine);
    }
  }
}

/**
 * The key of a kind, if there is one.
 * @throws ProviderError `provider-misconfigured` if there are several
 */
export function findTokenKey(token: TokenSession, kind: TokenKeyKind): Handle | undefined {
  const [found, another] = findByLabel(token, kind, kind.label);
  if (another !== undefined) throw ambiguous(kind);
  return found;
}

function findByLabel(token: TokenSession, kind: TokenKeyKind, label: string): Handle[] {
  return findObjects(token, template({ CKA_CLASS: kind.objectClass, CKA_TOKEN: true, CKA_LABEL: label }));
}

/**
 * The public half of a key pair in the token, by the private half's CKA_ID.
 * @throws ProviderError `provider-misconfigured` if it is not there
 */
export function publicHalfOf(token: TokenSession, privateKey: Handle): Handle {
  const id = readAttribute(token, privateKey, attributes.CKA_ID);
  const [publicKey] = findObjects(token, template({ CKA_CLASS: objectClasses.CKO_PUBLIC_KEY, CKA_ID: id }));
  if (publicKey === undefined) {
    throw new ProviderError('provider-misconfigured', {
      why: 'the token holds a private key of the service without its public half',
    });
  }
  return publicKey;
}

function checked(token: TokenSession, kind: TokenKeyKind, key: Handle): Handle {
  const guarded =
    readFlag(token, key, attributes.CKA_SENSITIVE) && !readFlag(token, key, attributes.CKA_EXTRACTABLE);
  if (guarded) return key;
  throw new ProviderError('provider-misconfigured', {
    why: `the key labelled ${kind.label} could be taken out of the token`,
    next: 'Use a token of its own for this service.',
  });
}

function ambiguous(kind: TokenKeyKind): ProviderError {
  return new ProviderError('provider-misconfigured', {
    why: `the token holds several keys labelled ${kind.label}`,
    next: 'Use a token of its own for this service.',
  });
}
