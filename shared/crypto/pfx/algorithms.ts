import { PfxError } from '#domain/errors.ts';
import { oids } from '../oids.ts';
import { type Element, Fields, natural, octets, oidText, tags } from './ber.ts';
import type { IterationBudget } from './budget.ts';
import type { KeyDerivation } from './derivations.ts';

/** How a part of a PFX is protected: by our profile, by the one for old systems, or otherwise. */
export type Protection = 'modern' | 'compatible' | 'other';

/** A password-based encryption: a cipher of node:crypto, and where its key and its initialization vector come from. */
export interface Encryption {
  cipher: string;
  iterations: number;
  key: KeyDerivation;
  iv: Uint8Array | KeyDerivation;
  protection: Protection;
}

/** The MAC of a PFX (RFC 7292 section 4): HMAC under a key that PKCS12KDF derives. */
export interface Mac {
  digest: 'sha1' | 'sha256';
  derivation: KeyDerivation;
  value: Uint8Array;
  protection: Protection;
}

/** What the reader takes: our own profile, or everything that is known here. */
export type Accept = 'modern' | 'known';

export interface ReadingRules {
  accept: Accept;
  budget: IterationBudget;
}

const ciphers: Readonly<Record<string, { cipher: string; keyLength: number }>> = {
  [oids.aes128CBC]: { cipher: 'aes-128-cbc', keyLength: 16 },
  [oids.aes192CBC]: { cipher: 'aes-192-cbc', keyLength: 24 },
  [oids.aes256CBC]: { cipher: 'aes-256-cbc', keyLength: 32 },
};

const prfs = {
  [oids.hmacWithSHA1]: 'sha1',
  [oids.hmacWithSHA256]: 'sha256',
  [oids.hmacWithSHA384]: 'sha384',
  [oids.hmacWithSHA512]: 'sha512',
} as const;

const macDigests = {
  [oids.sha1]: { digest: 'sha1', length: 20, protection: 'compatible' },
  [oids.sha256]: { digest: 'sha256', length: 32, protection: 'modern' },
} as const;

/** Algorithms that are refused by name; others by their object identifier. */
const refusedNames: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.12.1.1': 'pbeWithSHAAnd128BitRC4',
  '1.2.840.113549.1.12.1.2': 'pbeWithSHAAnd40BitRC4',
  '1.2.840.113549.1.12.1.4': 'pbeWithSHAAnd2-KeyTripleDES-CBC',
  '1.2.840.113549.1.12.1.5': 'pbeWithSHAAnd128BitRC2-CBC',
  [oids.pbeWithSHAAnd40BitRC2CBC]: 'pbeWithSHAAnd40BitRC2-CBC',
  [oids.pbmac1]: 'PBMAC1',
  [oids.desEde3CBC]: 'DES-EDE3-CBC',
  [oids.sha384]: 'a SHA-384 MAC',
  [oids.sha512]: 'a SHA-512 MAC',
};

/** Salts: at least 8 bytes (RFC 8018 section 4.1) in our profile; some old programs use fewer. */
const shortestSalt: Readonly<Record<Accept, number>> = { modern: 8, known: 1 };
const longestSalt = 128;
const aesBlock = 16;

/**
 * Reads the AlgorithmIdentifier of an encryption, and charges its iterations.
 * @throws PfxError `pfx-unsupported` naming what is not taken; `pfx-costly`, `pfx-malformed`
 */
export function readEncryption(algorithm: Element, rules: ReadingRules): Encryption {
  const fields = new Fields(algorithm, tags.sequence);
  const oid = oidText(fields.take(tags.oid));
  const parameters = fields.optional(tags.sequence);
  fields.end();
  if (parameters !== undefined && oid === oids.pbes2) return readPbes2(parameters, rules);
  if (parameters !== undefined && oid === oids.pbeWithSHAAnd3KeyTripleDESCBC)
    return readTripleDes(parameters, rules);
  throw unsupported(oid);
}

/** PBES2-params (RFC 8018 appendix A.4). */
function readPbes2(parameters: Element, rules: ReadingRules): Encryption {
  const fields = new Fields(parameters, tags.sequence);
  const kdf = new Fields(fields.take(tags.sequence), tags.sequence);
  const scheme = new Fields(fields.take(tags.sequence), tags.sequence);
  fields.end();
  const schemeOid = oidText(scheme.take(tags.oid));
  const cipher = ciphers[schemeOid];
  if (cipher === undefined) throw unsupported(schemeOid);
  const iv = octets(scheme.take(tags.octetString));
  scheme.end();
  if (iv.length !== aesBlock) throw new PfxError('pfx-malformed', { why: 'the file has a bad AES vector' });
  const key = readPbkdf2(kdf, cipher.keyLength, rules);
  const modern = cipher.cipher === 'aes-256-cbc' && key.digest === 'sha256';
  const protection = modern ? 'modern' : 'other';
  const what = `${cipher.cipher} under PBKDF2 with HMAC-${key.digest}`;
  return accepted({ cipher: cipher.cipher, iterations: key.iterations, key, iv, protection }, what, rules);
}

/** PBKDF2-params (RFC 8018 appendix A.2). */
function readPbkdf2(kdf: Fields, keyLength: number, rules: ReadingRules): KeyDerivation {
  const oid = oidText(kdf.take(tags.oid));
  if (oid !== oids.pbkdf2) throw unsupported(oid);
  const fields = new Fields(kdf.take(tags.sequence), tags.sequence);
  kdf.end();
  const salt = checkedSalt(fields.take(tags.octetString), rules);
  const iterations = natural(fields.take(tags.integer));
  const givenLength = fields.optional(tags.integer);
  if (givenLength !== undefined && natural(givenLength) !== keyLength) {
    throw new PfxError('pfx-malformed', { why: 'the file has a key length that its cipher does not' });
  }
  const prf = fields.optional(tags.sequence);
  fields.end();
  const prfOid = prf === undefined ? oids.hmacWithSHA1 : plainAlgorithm(prf);
  const digest = lookUp(prfs, prfOid);
  if (digest === undefined) throw unsupported(prfOid);
  rules.budget.charge(iterations);
  return { kdf: 'pbkdf2', digest, salt, iterations, keyLength };
}

/** pkcs-12PbeParams (RFC 7292 appendix C): key and vector both come from PKCS12KDF. */
function readTripleDes(parameters: Element, rules: ReadingRules): Encryption {
  const fields = new Fields(parameters, tags.sequence);
  const salt = checkedSalt(fields.take(tags.octetString), rules);
  const iterations = natural(fields.take(tags.integer));
  fields.end();
  const derivation = { kdf: 'pkcs12', digest: 'sha1', salt, iterations } as const;
  const encryption: Encryption = {
    cipher: 'des-ede3-cbc',
    iterations,
    key: { ...derivation, id: 1, keyLength: 24 },
    iv: { ...derivation, id: 2, keyLength: 8 },
    protection: 'compatible',
  };
  // The key is two digests of SHA-1 long, the vector one.
  rules.budget.charge(iterations, 3);
  return accepted(encryption, 'pbeWithSHAAnd3-KeyTripleDES-CBC', rules);
}

/**
 * Reads MacData (RFC 7292 section 4), and charges its iterations.
 * @throws PfxError `pfx-unsupported` naming what is not taken; `pfx-costly`, `pfx-malformed`
 */
export function readMac(macData: Element, rules: ReadingRules): Mac {
  const fields = new Fields(macData, tags.sequence);
  const digestInfo = new Fields(fields.take(tags.sequence), tags.sequence);
  const algorithm = new Fields(digestInfo.take(tags.sequence), tags.sequence);
  const oid = oidText(algorithm.take(tags.oid));
  const known = lookUp(macDigests, oid);
  if (known === undefined) throw unsupported(oid);
  endOfParameters(algorithm);
  const value = octets(digestInfo.take(tags.octetString));
  digestInfo.end();
  if (value.length !== known.length) throw new PfxError('pfx-malformed', { why: 'the file has a cut MAC' });
  const salt = checkedSalt(fields.take(tags.octetString), rules);
  const count = fields.optional(tags.integer);
  fields.end();
  const iterations = count === undefined ? 1 : natural(count);
  rules.budget.charge(iterations);
  const { digest, length, protection } = known;
  const derivation: KeyDerivation = { kdf: 'pkcs12', digest, id: 3, salt, iterations, keyLength: length };
  return accepted({ digest, derivation, value, protection }, 'a SHA-1 MAC', rules);
}

function accepted<T extends { protection: Protection }>(read: T, what: string, { accept }: ReadingRules): T {
  if (accept === 'modern' && read.protection !== 'modern') {
    throw new PfxError('pfx-unsupported', { why: `the file uses ${what}` });
  }
  return read;
}

function checkedSalt(element: Element, { accept }: ReadingRules): Uint8Array {
  const salt = octets(element);
  if (salt.length < shortestSalt[accept] || salt.length > longestSalt) {
    throw new PfxError('pfx-unsupported', { why: `the file uses a salt of ${salt.length} bytes` });
  }
  return salt;
}

/** The object identifier of an algorithm whose parameters are NULL or absent. */
function plainAlgorithm(algorithm: Element): string {
  const fields = new Fields(algorithm, tags.sequence);
  const oid = oidText(fields.take(tags.oid));
  endOfParameters(fields);
  return oid;
}

function endOfParameters(fields: Fields): void {
  const parameter = fields.optional(tags.null);
  if (parameter !== undefined && parameter.content.length > 0) throw new PfxError('pfx-malformed');
  fields.end();
}

function lookUp<T extends object>(table: T, key: string): T[keyof T] | undefined {
  const entry = Object.entries(table).find(([name]) => name === key);
  return entry?.[1];
}

function unsupported(oid: string): PfxError {
  return new PfxError('pfx-unsupported', {
    why: `the file uses ${refusedNames[oid] ?? `the algorithm ${oid}`}`,
  });
}
