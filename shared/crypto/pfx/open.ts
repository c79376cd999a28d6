import { X509Certificate } from 'node:crypto';
import { PfxError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { type Bag, readBags } from './bags.ts';
import { type Element, type Encoding, parseElement } from './ber.ts';
import { decrypt, deriveCipher } from './cipher.ts';
import type { PfxDerivations } from './derivations.ts';
import type { Encrypted } from './encryption.ts';
import type { ReadingRules } from './parameters.ts';

/**
 * Derives what decrypts a part. Every part's derivation runs at the same time as the others'; the parts are then opened
 * one after the other, so that none is left in memory when another cannot be.
 * @returns what decrypts the part, once. It throws Error of the library's if the key is not the part's
 * @throws PfxError `pfx-unsupported` for an algorithm that is not known here; InternalError `internal` if a worker failed
 */
export async function opener(
  { encryption: { cipher, name }, bytes }: Encrypted,
  password: Secret,
  derivations: PfxDerivations,
): Promise<() => Uint8Array> {
  if (cipher === undefined) throw new PfxError('pfx-unsupported', { why: `the file uses ${name}` });
  const derived = await deriveCipher(cipher, password, derivations);
  return () => decrypt(derived, bytes);
}

/**
 * Decrypts a part and reads its outermost element: where either fails, the key was not the part's.
 * @param open what `opener` returned
 * @throws PfxError `pfx-parts-differ` if a MAC said before that the password is right, else `pfx-wrong-password-or-damaged`
 */
export function opened(open: () => Uint8Array, encoding: Encoding, macVerified: boolean): Element {
  try {
    return parseElement(open(), encoding);
  } catch (cause) {
    if (cause instanceof PfxError && cause.code === 'pfx-too-large') throw cause;
    throw new PfxError(macVerified ? 'pfx-parts-differ' : 'pfx-wrong-password-or-damaged', { cause });
  }
}

/** Opens an encrypted part of a file and reads its bags. Throws as `opened` and `readBags` */
export function openedBags(
  open: () => Uint8Array,
  encoding: Encoding,
  macVerified: boolean,
  rules: ReadingRules,
): Bag[] {
  return readBags(opened(open, encoding, macVerified), rules);
}

/** @throws PfxError `pfx-malformed` for what is no certificate, or not DER to its last byte */
export function readCertificate(bytes: Uint8Array): X509Certificate {
  parseElement(bytes, 'DER');
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw new PfxError('pfx-malformed', { why: 'the file has a certificate that cannot be read', cause });
  }
}
