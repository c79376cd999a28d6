import { InputError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { isPrintableAscii } from '../passwords.ts';

/**
 * Holds a PFX password to what every program takes: printable ASCII, not empty. Java refuses other characters, and
 * programs differ over their encoding and over what an empty password means.
 * @throws InputError `password-not-ascii`
 */
export function checkPfxPassword(password: Secret): void {
  if (password.bytes().length === 0) {
    throw new InputError('password-not-ascii', { field: 'password', why: 'is empty' });
  }
  if (!isPrintableAscii(password)) {
    throw new InputError('password-not-ascii', { field: 'password' });
  }
}

/**
 * A password as PKCS12KDF takes it: a BMPString with a trailing NUL (RFC 7292 appendix B.1). Characters beyond the BMP become
 * surrogates, as programs write them.
 * @param password UTF-8
 * @returns bytes of their own, to be wiped by the caller
 */
export function bmpPassword(password: Secret): Uint8Array {
  const utf8 = password.bytes();
  if (utf8.some((byte) => byte > 0x7f)) return bmpOfText(password.text());
  const bmp = new Uint8Array(2 * utf8.length + 2);
  utf8.forEach((byte, i) => {
    bmp[2 * i + 1] = byte;
  });
  return bmp;
}

/** By way of a text, which cannot be wiped: only files of others have passwords beyond ASCII. */
function bmpOfText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${text}\0`, 'utf16le').swap16());
}
