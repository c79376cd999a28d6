import rc2 from 'node-forge/lib/rc2.js';
import util from 'node-forge/lib/util.js';
import { PfxError } from '#domain/errors.ts';
import { fromBinaryString, toBinaryString } from '../asn1.ts';

const block = 8;

/**
 * RC2 in CBC mode (RFC 2268), which OpenSSL keeps in its legacy provider and Node does not load. Old programs hide
 * certificates under it, with 40 bits; nothing that this service writes or stores uses it. A file's `IterationBudget` bounds how
 * much of it there is.
 * @param key its length is also its number of effective bits
 * @throws PfxError `pfx-wrong-password-or-damaged` for a length of no whole blocks, or a wrong padding
 */
export function decryptRc2(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length % block !== 0) throw new PfxError('pfx-wrong-password-or-damaged');
  const cipher = rc2.createDecryptionCipher(toBinaryString(key), 8 * key.length);
  cipher.start(toBinaryString(iv));
  cipher.update(util.createBuffer(toBinaryString(bytes)));
  const padded = fromBinaryString(cipher.output.getBytes());
  const padding = padded.at(-1) ?? 0;
  const whole =
    padding >= 1 && padding <= block && padded.subarray(-padding).every((byte) => byte === padding);
  if (!whole) throw new PfxError('pfx-wrong-password-or-damaged');
  return padded.subarray(0, -padding);
}
