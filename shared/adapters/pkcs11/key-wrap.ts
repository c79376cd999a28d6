import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import type { Mechanism } from './cryptoki.ts';
import { mechanismName, mechanisms } from './mechanisms.ts';

const algorithm = 'id-aes256-wrap-pad';
/** RFC 5649 section 3: the alternative initial value, which node:crypto wants to be told. */
const alternativeInitialValue = Buffer.from('a65959a6', 'hex');

/**
 * What RFC 5649 is on tokens, or may be, the preferred first: CKM_AES_KEY_WRAP_KWP is it by definition (PKCS#11 3.0 section
 * 2.15); behind CKM_AES_KEY_WRAP_PAD some tokens have it (SoftHSM, nShield), and some pad otherwise; the others are vendors'
 * own. Thales Luna's has the initial value as its parameter in samples, and it is not said whether it must.
 */
export const keyWraps: readonly Mechanism[] = [
  { mechanism: mechanisms.CKM_AES_KEY_WRAP_KWP },
  { mechanism: mechanisms.CKM_AES_KEY_WRAP_PAD },
  { mechanism: mechanisms.CKM_AES_KWP },
  { mechanism: mechanisms.CKM_AES_KWP, parameter: alternativeInitialValue },
  { mechanism: mechanisms.CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD },
];

/** One of them in words. */
export function keyWrapName({ mechanism, parameter }: Mechanism): string {
  return `${mechanismName(mechanism)}${parameter === alternativeInitialValue ? ' with its initial value' : ''}`;
}

/**
 * Wraps by RFC 5649, in memory.
 * @param key AES-256, 32 bytes
 */
export function wrapByRfc5649(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(algorithm, key, alternativeInitialValue);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

/**
 * Opens an RFC 5649 wrapping, in memory.
 * @param key AES-256, 32 bytes
 * @returns the plaintext, to be erased by the caller
 * @throws ProviderError `provider-incapable` if it is no such wrapping under that key
 */
export function openRfc5649(key: Uint8Array, wrapped: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv(algorithm, key, alternativeInitialValue);
    // OpenSSL gives the whole plaintext at once, and none if it was altered.
    const opened = decipher.update(wrapped);
    decipher.final();
    if (opened.length > 0) return opened;
  } catch (cause) {
    throw notRfc5649(cause);
  }
  throw notRfc5649();
}

function notRfc5649(cause?: unknown): ProviderError {
  return new ProviderError('provider-incapable', { why: 'the token does not wrap keys by RFC 5649', cause });
}
