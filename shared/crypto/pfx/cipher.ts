import { createCipheriv, createDecipheriv, type Decipheriv } from 'node:crypto';
import type { Secret } from '#domain/secret.ts';
import type { KeyDerivation, PfxDerivations } from './derivations.ts';
import { decryptRc2 } from './rc2.ts';

/** The ciphers of PFX files, as node:crypto calls them; all but RC2 are its own. */
export type CipherName =
  | 'aes-128-cbc'
  | 'aes-192-cbc'
  | 'aes-256-cbc'
  | 'camellia-128-cbc'
  | 'camellia-192-cbc'
  | 'camellia-256-cbc'
  | 'des-ede3-cbc'
  | 'des-ede-cbc'
  | 'rc2-cbc';

/** A block cipher under a password: where its key and its initialization vector come from. */
export interface Cipher {
  name: CipherName;
  key: KeyDerivation;
  iv: Uint8Array | KeyDerivation;
}

/** A cipher whose key is derived: used once, then erased. */
export interface DerivedCipher {
  name: CipherName;
  key: Secret;
  iv: Uint8Array;
}

/** What is derived for a cipher: its key, and its vector where that does not stand in the file. */
export function derivationsOf(cipher: Cipher | undefined): KeyDerivation[] {
  if (cipher === undefined) return [];
  return cipher.iv instanceof Uint8Array ? [cipher.key] : [cipher.key, cipher.iv];
}

/** Derives key and vector, at the same time. @throws InternalError `internal` if a worker thread failed */
export async function deriveCipher(
  { name, key, iv }: Cipher,
  password: Secret,
  derivations: PfxDerivations,
): Promise<DerivedCipher> {
  const [derived, vector] = await Promise.all([
    derivations.derive(password, key),
    iv instanceof Uint8Array ? iv : derivations.derive(password, iv).then((secret) => secret.bytes()),
  ]);
  return { name, key: derived, iv: vector };
}

/** Encrypts with PKCS#7 padding, and erases the key. */
export function encrypt({ name, key, iv }: DerivedCipher, plain: Uint8Array): Uint8Array {
  try {
    const cipher = createCipheriv(name, key.bytes(), iv);
    return Buffer.concat([cipher.update(plain), cipher.final()]);
  } finally {
    key.erase();
  }
}

/**
 * Decrypts, takes the padding off, and erases the key.
 * @throws PfxError or an error of the library's if the length is no whole blocks, or the padding is wrong
 */
export function decrypt({ name, key, iv }: DerivedCipher, bytes: Uint8Array): Uint8Array {
  try {
    if (name === 'rc2-cbc') return decryptRc2(key.bytes(), iv, bytes);
    return finished(createDecipheriv(name, key.bytes(), iv), bytes);
  } finally {
    key.erase();
  }
}

/** All that comes out of it, in one array; the pieces that it came in are overwritten, also where the last one does not come. */
function finished(decipher: Decipheriv, bytes: Uint8Array): Uint8Array {
  const start = decipher.update(bytes);
  try {
    const end = decipher.final();
    const plain = new Uint8Array(start.length + end.length);
    plain.set(start);
    plain.set(end, start.length);
    end.fill(0);
    return plain;
  } finally {
    start.fill(0);
  }
}
