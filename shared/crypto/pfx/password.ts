import { InputError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';

/**
 * Holds a PFX password to what every program takes: printable ASCII, not empty. Java refuses other characters, and
 * programs differ over their encoding and over what an empty password means.
 * @throws InputError `password-not-ascii`
 */
export function checkPfxPassword(password: Secret): void {
  const bytes = password.bytes();
  if (bytes.length === 0) {
    throw new InputError('password-not-ascii', { field: 'password', why: 'is empty' });
  }
  if (!bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)) {
    throw new InputError('password-not-ascii', { field: 'password' });
  }
}

/**
 * A password as PKCS12KDF takes it: a BMPString with a trailing NUL (RFC 7292 appendix B.1).
 * @param password printable ASCII
 * @returns bytes of their own, to be wiped by the caller
 */
export function bmpPassword(password: Secret): Uint8Array {
  const ascii = password.bytes();
  const bmp = new Uint8Array(2 * ascii.length + 2);
  ascii.forEach((byte, i) => {
    bmp[2 * i + 1] = byte;
  });
  return bmp;
}
