import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** A private key as OpenSSL reads it. @throws Error of the library's for what it does not read */
export function keyObject(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}

/** SubjectPublicKeyInfo of a private key, DER. */
export function spkiOf(pkcs8: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(keyObject(pkcs8)).export({ type: 'spki', format: 'der' }));
}

/** Every number of a private key, as OpenSSL reads them. @returns nothing for what it does not read */
export function keyName(pkcs8: Uint8Array): string {
  try {
    return JSON.stringify(Object.entries(keyObject(pkcs8).export({ format: 'jwk' })).sort());
  } catch {
    return '';
  }
}
