import { createCipheriv } from 'node:crypto';
import rc2 from 'node-forge/lib/rc2.js';
import util from 'node-forge/lib/util.js';
import { fromBinaryString, toBinaryString } from '#crypto/asn1.ts';
import type { CipherName } from '#crypto/pfx/cipher.ts';

/** An encryption under a key that is known: plain data, so that it can be handed to another process. */
export interface Seal {
  /** `opaque` stands for any cipher that no reader of ours knows. */
  cipher: CipherName | 'opaque';
  key: Uint8Array;
  iv: Uint8Array;
}

/** Encrypts, with PKCS#7 padding. */
export function sealed({ cipher, key, iv }: Seal, plain: Uint8Array): Uint8Array {
  if (cipher === 'opaque') return plain.map((byte) => byte ^ 0x5a);
  if (cipher === 'rc2-cbc') return encryptedRc2(key, iv, plain);
  const encryption = createCipheriv(cipher, key, iv);
  return Buffer.concat([encryption.update(plain), encryption.final()]);
}

/** By forge, for OpenSSL keeps RC2 in its legacy provider. */
function encryptedRc2(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = rc2.createEncryptionCipher(toBinaryString(key), 8 * key.length);
  cipher.start(toBinaryString(iv));
  cipher.update(util.createBuffer(toBinaryString(plain)));
  cipher.finish();
  return fromBinaryString(cipher.output.getBytes());
}
