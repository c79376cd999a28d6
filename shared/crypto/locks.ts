import { randomBytes } from 'node:crypto';
import { base64url, CompactEncrypt, compactDecrypt, type JWK } from 'jose';
import { LockError } from '#domain/errors.ts';
import type { LockKind } from '#domain/policy.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Secret } from '#domain/secret.ts';
import { ecAndRsaKeys, keyManagement, parseEncryptionKey, thumbprint } from './encryption-jwk.ts';
import {
  checkLockHeader,
  damaged,
  encodeRecord,
  type LockContext,
  lockHeader,
  parseRecord,
  parseRecordOf,
} from './locked-record.ts';
import { type Mac, passwordKey } from './password-key.ts';

export type { LockContext } from './locked-record.ts';
export type { Mac } from './password-key.ts';

const saltBytes = 16;
const passwordAlgorithms = ['A256KW'];
const recipientAlgorithms = ['ECDH-ES+A256KW', 'RSA-OAEP-256'];
const contentAlgorithms = ['A256GCM'];

/**
 * Locks a wrapped key by the subscriber's password: a JWE (RFC 7516) under a key that takes both the password and the
 * provider's MAC to derive.
 * @param lock.wrapped the private key as custody wrapped it
 * @returns the locked record: JSON in UTF-8. Errors of the MAC pass unchanged.
 */
export async function lockByPassword(lock: {
  wrapped: Uint8Array;
  password: Secret;
  context: LockContext;
  mac: Mac;
}): Promise<Uint8Array> {
  const salt = randomBytes(saltBytes);
  const key = await passwordKey(lock.password, salt, lock.context, lock.mac);
  try {
    const jwe = await new CompactEncrypt(lock.wrapped)
      .setProtectedHeader(lockHeader('A256KW', lock.context))
      .encrypt(key);
    return encodeRecord({ version: 1, lock: 'password', salt: base64url.encode(salt), jwe });
  } finally {
    key.fill(0);
  }
}

/**
 * Opens what `lockByPassword` locked. The caller counts the try before it calls.
 * @returns the wrapped key
 * @throws LockError `wrong-password`: the password is wrong, or the sealed part was altered, which cannot be told apart;
 *   `wrong-unlocking` if the record has another lock
 * @throws ProviderError `wrapped-key-invalid` if the record is damaged or of another enrollment. Errors of the MAC pass unchanged.
 */
export async function openByPassword(lock: {
  locked: Uint8Array;
  password: Secret;
  context: LockContext;
  mac: Mac;
}): Promise<Uint8Array> {
  const { salt, jwe } = parseRecordOf('password', lock.locked);
  checkLockHeader(jwe, passwordAlgorithms, lock.context);
  const key = await passwordKey(lock.password, base64url.decode(salt), lock.context, lock.mac);
  try {
    return await openJwe(jwe, key, passwordAlgorithms);
  } catch (cause) {
    throw new LockError('wrong-password', { cause });
  } finally {
    key.fill(0);
  }
}

/**
 * Locks a wrapped key to a public key that the request named: a device's, or a subscriber's own.
 * @param lock.recipientKey as `parseRecipientKey` returned it
 * @returns the locked record: JSON in UTF-8
 * @throws InputError `recipient-key-invalid` if it is no such key
 */
export async function lockToRecipient(lock: {
  wrapped: Uint8Array;
  recipientKey: PublicJwk;
  context: LockContext;
}): Promise<Uint8Array> {
  const key = parseRecipientKey(lock.recipientKey);
  const header = { ...lockHeader(keyManagement(key), lock.context), kid: await thumbprint(key) };
  const jwe = await new CompactEncrypt(lock.wrapped).setProtectedHeader(header).encrypt({ ...key });
  return encodeRecord({ version: 1, lock: 'recipient', jwe });
}

/**
 * Opens what `lockToRecipient` locked. For the holder of the key; the service itself has only the public half.
 * @returns the wrapped key
 * @throws LockError `wrong-unlocking`: the key is another, or the sealed part was altered; or the record has another lock
 * @throws ProviderError `wrapped-key-invalid` if the record is damaged or of another enrollment
 */
export async function openAsRecipient(lock: {
  locked: Uint8Array;
  privateKey: JWK;
  context: LockContext;
}): Promise<Uint8Array> {
  const { jwe } = parseRecordOf('recipient', lock.locked);
  checkLockHeader(jwe, recipientAlgorithms, lock.context);
  try {
    return await openJwe(jwe, lock.privateKey, recipientAlgorithms);
  } catch (cause) {
    throw new LockError('wrong-unlocking', { cause });
  }
}

/** Keeps a wrapped key without a subscriber's lock: custody alone guards it. Only where policy expressly allows it. */
export function lockByNothing(lock: { wrapped: Uint8Array; context: LockContext }): Uint8Array {
  const { organization, enrollmentId } = lock.context;
  const wrapped = base64url.encode(lock.wrapped);
  return encodeRecord({ version: 1, lock: 'held', organization, enrollmentId, wrapped });
}

/**
 * Takes out what `lockByNothing` kept.
 * @returns the wrapped key
 * @throws LockError `wrong-unlocking` if the record has a lock
 * @throws ProviderError `wrapped-key-invalid` if the record is damaged or of another enrollment
 */
export function openHeld(lock: { locked: Uint8Array; context: LockContext }): Uint8Array {
  const { organization, enrollmentId, wrapped } = parseRecordOf('held', lock.locked);
  if (organization !== lock.context.organization || enrollmentId !== lock.context.enrollmentId) {
    throw damaged();
  }
  return base64url.decode(wrapped);
}

/**
 * How a record is locked.
 * @throws ProviderError `wrapped-key-invalid` if it is no locked record
 */
export function lockKindOf(locked: Uint8Array): Exclude<LockKind, 'resident'> {
  return parseRecord(locked).lock;
}

/**
 * Reads the public key that a request names for its lock: RSA of 2,048 to 8,192 bits, or EC on P-256, P-384 or P-521.
 * Unknown members are dropped, private ones refused.
 * @param value a JWK, not yet trusted
 * @throws InputError `recipient-key-invalid`
 */
export function parseRecipientKey(value: unknown): PublicJwk {
  return parseEncryptionKey('recipientKey', ecAndRsaKeys, value);
}

async function openJwe(jwe: string, key: Uint8Array | JWK, algorithms: string[]): Promise<Uint8Array> {
  const { plaintext } = await compactDecrypt(jwe, key, {
    keyManagementAlgorithms: algorithms,
    contentEncryptionAlgorithms: contentAlgorithms,
  });
  return plaintext;
}
