import { randomBytes } from 'node:crypto';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { type Asn1Node, der } from '../asn1.ts';
import { oids } from '../oids.ts';
import { digestLengths } from '../worker/pkcs12-kdf.ts';
import type { Cipher } from './cipher.ts';
import { classicCipher } from './encryption.ts';
import { type KeyedMac, unusedSalt } from './mac.ts';
import { profileAlgorithms } from './profiles.ts';

/** How a part is encrypted, and the AlgorithmIdentifier that says so. */
export interface NewEncryption {
  cipher: Cipher;
  identifier: Asn1Node;
}

/** The MAC that holds a file together, and the MacData that says so. */
export interface NewMac {
  keyed: KeyedMac;
  /** @param value the MAC */
  macData(value: Uint8Array): Asn1Node;
}

/** Bytes; Windows, OpenSSL and Java write 8 to 20. */
const saltLength = 16;
const aesBlock = 16;
const keyLength = 32;
const tripleDesKeyLength = 24;

/** The encryption of one part of a file of a profile, under a salt and a vector of its own. */
export function newEncryption(profile: PfxProfile, iterations: number): NewEncryption {
  const salt = randomBytes(saltLength);
  if (profileAlgorithms[profile].encryption === 'sha1-triple-des') {
    const parameters = der.sequence(der.octetString(salt), der.integer(iterations));
    return {
      cipher: classicCipher('des-ede3-cbc', tripleDesKeyLength, salt, iterations),
      identifier: der.sequence(der.oid(oids.pbeWithSHAAnd3KeyTripleDESCBC), parameters),
    };
  }
  const iv = randomBytes(aesBlock);
  const key = { kdf: 'pbkdf2', digest: 'sha256', salt, iterations, keyLength } as const;
  const scheme = der.sequence(der.oid(oids.aes256CBC), der.octetString(iv));
  // The key length is the cipher's own, so it is left out.
  const parameters = der.sequence(pbkdf2(salt, der.integer(iterations)), scheme);
  return {
    cipher: { name: 'aes-256-cbc', key, iv },
    identifier: der.sequence(der.oid(oids.pbes2), parameters),
  };
}

/** The MAC of a file of a profile, under a salt of its own. */
export function newMac(profile: PfxProfile, iterations: number): NewMac {
  const salt = randomBytes(saltLength);
  const count = der.integer(iterations);
  switch (profileAlgorithms[profile].integrity) {
    case 'mac-sha1':
      return classicMac('sha1', salt, iterations);
    case 'mac-sha256':
      return classicMac('sha256', salt, iterations);
    case 'pbmac1':
      return {
        keyed: { digest: 'sha256', key: { kdf: 'pbkdf2', digest: 'sha256', salt, iterations, keyLength } },
        macData: (value) => macData(pbmac1(pbkdf2(salt, count, der.integer(keyLength))), value, unusedSalt),
      };
  }
}

/** HMAC under a key by PKCS12KDF (RFC 7292 section 4). A count of 1 is the default, which DER leaves out. */
function classicMac(digest: 'sha1' | 'sha256', salt: Uint8Array, iterations: number): NewMac {
  const { digest: macKeyLength } = digestLengths[digest];
  const count = iterations === 1 ? [] : [der.integer(iterations)];
  return {
    keyed: { digest, key: { kdf: 'pkcs12', digest, id: 3, salt, iterations, keyLength: macKeyLength } },
    macData: (value) => macData(der.sequence(der.oid(oids[digest]), der.null()), value, salt, ...count),
  };
}

/** MacData (RFC 7292 section 4). */
function macData(algorithm: Asn1Node, value: Uint8Array, salt: Uint8Array, ...count: Asn1Node[]): Asn1Node {
  return der.sequence(der.sequence(algorithm, der.octetString(value)), der.octetString(salt), ...count);
}

/** PBMAC1-params (RFC 8018 appendix A.5). */
function pbmac1(kdf: Asn1Node): Asn1Node {
  return der.sequence(der.oid(oids.pbmac1), der.sequence(kdf, hmacWithSha256()));
}

/** PBKDF2-params (RFC 8018 appendix A.2). @param settings the count, and the key length where it is said */
function pbkdf2(salt: Uint8Array, ...settings: Asn1Node[]): Asn1Node {
  return der.sequence(
    der.oid(oids.pbkdf2),
    der.sequence(der.octetString(salt), ...settings, hmacWithSha256()),
  );
}

function hmacWithSha256(): Asn1Node {
  return der.sequence(der.oid(oids.hmacWithSHA256), der.null());
}
