import type { PfxEncryption } from '#domain/pfx-profile.ts';
import { oids } from '../oids.ts';
import { digestsFor } from '../worker/pkcs12-kdf.ts';
import { type Element, Fields, octets, oidText, tags } from './ber.ts';
import type { Cipher, CipherName } from './cipher.ts';
import type { KeyDerivation } from './derivations.ts';
import { type ReadingRules, readCount, readPbkdf2, readSalt, unsafe } from './parameters.ts';

/** A password-based encryption, as a file names it. */
export interface Encryption {
  trait: Exclude<PfxEncryption, 'none'>;
  /** For people, as in `PBES2 (PBKDF2 with HMAC-SHA256, AES-256-CBC)`. */
  name: string;
  /** Null where it is not known here. */
  iterations: number | null;
  /** How it is undone; absent where it is not known here. */
  cipher?: Cipher;
}

/** Bytes encrypted under a password. */
export interface Encrypted {
  encryption: Encryption;
  bytes: Uint8Array;
}

/** The encryption schemes of PBES2 (RFC 8018 appendix B.2, RFC 3565, RFC 3657): keys and vectors in bytes. */
const schemes = new Map<string, { cipher: CipherName; keyLength: number; block: number }>([
  [oids.aes128CBC, { cipher: 'aes-128-cbc', keyLength: 16, block: 16 }],
  [oids.aes192CBC, { cipher: 'aes-192-cbc', keyLength: 24, block: 16 }],
  [oids.aes256CBC, { cipher: 'aes-256-cbc', keyLength: 32, block: 16 }],
  [oids.desEde3CBC, { cipher: 'des-ede3-cbc', keyLength: 24, block: 8 }],
  [oids.camellia128CBC, { cipher: 'camellia-128-cbc', keyLength: 16, block: 16 }],
  [oids.camellia192CBC, { cipher: 'camellia-192-cbc', keyLength: 24, block: 16 }],
  [oids.camellia256CBC, { cipher: 'camellia-256-cbc', keyLength: 32, block: 16 }],
]);

interface ClassicScheme {
  name: string;
  /** Absent for what is named here only, so that it can be told. */
  cipher?: CipherName;
  /** Bytes */
  keyLength: number;
  trait: Encryption['trait'];
}

/** The encryptions of RFC 7292 appendix C. */
const classic = new Map<string, ClassicScheme>([
  [oids.pbeWithSHAAnd128BitRC4, { name: 'pbeWithSHAAnd128BitRC4', keyLength: 16, trait: 'other' }],
  [oids.pbeWithSHAAnd40BitRC4, { name: 'pbeWithSHAAnd40BitRC4', keyLength: 5, trait: 'other' }],
  [
    oids.pbeWithSHAAnd3KeyTripleDESCBC,
    {
      name: 'pbeWithSHAAnd3-KeyTripleDES-CBC',
      cipher: 'des-ede3-cbc',
      keyLength: 24,
      trait: 'sha1-triple-des',
    },
  ],
  [
    oids.pbeWithSHAAnd2KeyTripleDESCBC,
    { name: 'pbeWithSHAAnd2-KeyTripleDES-CBC', cipher: 'des-ede-cbc', keyLength: 16, trait: 'other' },
  ],
  [
    oids.pbeWithSHAAnd128BitRC2CBC,
    { name: 'pbeWithSHAAnd128BitRC2-CBC', cipher: 'rc2-cbc', keyLength: 16, trait: 'sha1-rc2-128' },
  ],
  [
    oids.pbeWithSHAAnd40BitRC2CBC,
    { name: 'pbeWithSHAAnd40BitRC2-CBC', cipher: 'rc2-cbc', keyLength: 5, trait: 'sha1-rc2-40' },
  ],
]);

const desBlock = 8;

/**
 * Reads the AlgorithmIdentifier of an encryption, and charges its iterations.
 * @throws PfxError `pfx-unsafe-parameters`, `pfx-costly`, `pfx-malformed`
 */
export function readEncryption(algorithm: Element, rules: ReadingRules): Encryption {
  const fields = new Fields(algorithm, tags.sequence);
  const oid = oidText(fields.take(tags.oid));
  const known = classic.get(oid);
  if (oid !== oids.pbes2 && known === undefined) return unknown(oid);
  const parameters = fields.take(tags.sequence);
  fields.end();
  return known === undefined ? readPbes2(parameters, rules) : readClassic(known, parameters, rules);
}

/** PBES2-params (RFC 8018 appendix A.4). */
function readPbes2(parameters: Element, rules: ReadingRules): Encryption {
  const fields = new Fields(parameters, tags.sequence);
  const kdf = readPbkdf2(fields.take(tags.sequence), rules);
  const scheme = new Fields(fields.take(tags.sequence), tags.sequence);
  fields.end();
  const schemeOid = oidText(scheme.take(tags.oid));
  const known = schemes.get(schemeOid);
  if (typeof kdf === 'string') return unknown(kdf);
  if (known === undefined) return unknown(schemeOid);
  const iv = octets(scheme.take(tags.octetString));
  scheme.end();
  const { cipher, keyLength, block } = known;
  if (iv.length !== block) throw unsafe(`has an initialization vector of ${iv.length} bytes`);
  if (kdf.keyLength !== undefined && kdf.keyLength !== keyLength) {
    throw unsafe('has a key length that its cipher does not have');
  }
  rules.budget.charge(kdf.iterations, digestsFor(keyLength, kdf.digest));
  const ours = cipher === 'aes-256-cbc' && kdf.digest === 'sha256';
  return {
    trait: ours ? 'pbes2-aes256-sha256' : cipher.startsWith('aes-') ? 'pbes2-aes' : 'pbes2-other',
    name: `PBES2 (PBKDF2 with HMAC-${kdf.digest.toUpperCase()}, ${cipher.toUpperCase()})`,
    iterations: kdf.iterations,
    cipher: { name: cipher, key: { ...kdf, keyLength }, iv },
  };
}

/** pkcs-12PbeParams (RFC 7292 appendix C): key and vector both come from PKCS12KDF. */
function readClassic(
  { name, cipher, keyLength, trait }: ClassicScheme,
  parameters: Element,
  rules: ReadingRules,
): Encryption {
  const fields = new Fields(parameters, tags.sequence);
  const salt = readSalt(fields, rules);
  const iterations = readCount(fields.take(tags.integer));
  fields.end();
  // The vector takes one more.
  rules.budget.charge(iterations, digestsFor(keyLength, 'sha1') + 1);
  if (cipher === undefined) return { trait, name, iterations };
  return { trait, name, iterations, cipher: classicCipher(cipher, keyLength, salt, iterations) };
}

/** Key and vector by PKCS12KDF with SHA-1, each with its own diversifier (RFC 7292 appendix B.3). */
export function classicCipher(
  name: CipherName,
  keyLength: number,
  salt: Uint8Array,
  iterations: number,
): Cipher & { key: KeyDerivation; iv: KeyDerivation } {
  const derivation = { kdf: 'pkcs12', digest: 'sha1', salt, iterations } as const;
  return {
    name,
    key: { ...derivation, id: 1, keyLength },
    iv: { ...derivation, id: 2, keyLength: desBlock },
  };
}

function unknown(what: string): Encryption {
  return { trait: 'other', name: `the algorithm ${what}`, iterations: null };
}

/** EncryptedPrivateKeyInfo (RFC 5208 section 6). */
export function readEncryptedKey(value: Element, rules: ReadingRules): Encrypted {
  const fields = new Fields(value, tags.sequence);
  const encryption = readEncryption(fields.take(tags.sequence), rules);
  const bytes = fields.takeOctets();
  fields.end();
  return encryptedBy(encryption, bytes, rules);
}

/** Bytes and how they are encrypted; what decrypting them costs is charged. @throws PfxError `pfx-too-large` */
export function encryptedBy(encryption: Encryption, bytes: Uint8Array, { budget }: ReadingRules): Encrypted {
  if (encryption.cipher?.name === 'rc2-cbc') budget.chargeRc2(bytes.length);
  return { encryption, bytes };
}
