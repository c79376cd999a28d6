import { createHmac, timingSafeEqual } from 'node:crypto';
import { PfxError } from '#domain/errors.ts';
import type { PfxIntegrity } from '#domain/pfx-profile.ts';
import type { Secret } from '#domain/secret.ts';
import { oids } from '../oids.ts';
import { digestLengths, digestsFor } from '../worker/pkcs12-kdf.ts';
import { type Element, Fields, oidText, tags } from './ber.ts';
import type { KeyDerivation, PfxDerivations } from './derivations.ts';
import {
  endOfParameters,
  hmacs,
  plainAlgorithm,
  type ReadingRules,
  readCount,
  readPbkdf2,
  readSalt,
  unsafe,
} from './parameters.ts';

/** HMAC under a key that is derived from the password. */
export interface KeyedMac {
  /** Of the HMAC. */
  digest: KeyDerivation['digest'];
  key: KeyDerivation;
}

/** The MAC of a PFX (RFC 7292 section 4, RFC 9879 section 4), as a file has it. */
export interface Mac {
  trait: Exclude<PfxIntegrity, 'none' | 'signature'>;
  /** For people, as in `HMAC-SHA256 by PKCS12KDF`. */
  name: string;
  /** Null where it is not known here. */
  iterations: number | null;
  /** How it is verified; absent where it is not known here. */
  keyed?: KeyedMac;
  value: Uint8Array;
}

interface MacDigest {
  digest: KeyDerivation['digest'];
  trait: Mac['trait'];
}

const macDigests = new Map<string, MacDigest>([
  [oids.sha1, { digest: 'sha1', trait: 'mac-sha1' }],
  [oids.sha224, { digest: 'sha224', trait: 'mac-sha2-other' }],
  [oids.sha256, { digest: 'sha256', trait: 'mac-sha256' }],
  [oids.sha384, { digest: 'sha384', trait: 'mac-sha2-other' }],
  [oids.sha512, { digest: 'sha512', trait: 'mac-sha2-other' }],
]);

/**
 * Bytes of a PBMAC1 key: a short one could be found by trying, and the file be forged; a longer one than any HMAC of these
 * makes is written over the stack of some versions of OpenSSL (CVE-2025-11187).
 */
const shortestKey = 20;
const longestKey = 64;

/**
 * Reads MacData (RFC 7292 section 4), and charges its iterations.
 * @throws PfxError `pfx-unsafe-parameters`, `pfx-costly`, `pfx-malformed`
 */
export function readMac(macData: Element, rules: ReadingRules): Mac {
  const fields = new Fields(macData, tags.sequence);
  const digestInfo = new Fields(fields.take(tags.sequence), tags.sequence);
  const algorithm = digestInfo.take(tags.sequence);
  const value = digestInfo.takeOctets();
  digestInfo.end();
  const oid = oidText(new Fields(algorithm, tags.sequence).take(tags.oid));
  if (oid === oids.pbmac1) {
    const mac = readPbmac1(algorithm, rules, value.length);
    readUnused(fields, rules);
    return { ...mac, value };
  }
  const known = macDigests.get(oid);
  if (known === undefined) return { ...unknownMac(oid), value };
  plainAlgorithm(algorithm);
  const { digest, trait } = known;
  const keyLength = digestLengths[digest].digest;
  checkLength(value.length, keyLength);
  const salt = readSalt(fields, rules);
  const count = fields.optional(tags.integer);
  fields.end();
  const iterations = count === undefined ? 1 : readCount(count);
  rules.budget.charge(iterations);
  const key: KeyDerivation = { kdf: 'pkcs12', digest, id: 3, salt, iterations, keyLength };
  return {
    trait,
    name: `HMAC-${digest.toUpperCase()} by PKCS12KDF`,
    iterations,
    keyed: { digest, key },
    value,
  };
}

/**
 * PBMAC1-params (RFC 8018 appendix A.5): salt and count stand in the key derivation; those of MacData are ignored (RFC
 * 9879 section 4).
 */
function readPbmac1(algorithm: Element, rules: ReadingRules, length: number): Omit<Mac, 'value'> {
  const outer = new Fields(algorithm, tags.sequence);
  outer.take(tags.oid);
  const fields = new Fields(outer.take(tags.sequence), tags.sequence);
  outer.end();
  const kdf = readPbkdf2(fields.take(tags.sequence), rules);
  const scheme = new Fields(fields.take(tags.sequence), tags.sequence);
  fields.end();
  const schemeOid = oidText(scheme.take(tags.oid));
  endOfParameters(scheme);
  const digest = hmacs.get(schemeOid);
  if (typeof kdf === 'string') return unknownMac(kdf);
  if (digest === undefined) return unknownMac(schemeOid);
  const { keyLength } = kdf;
  if (keyLength === undefined || keyLength < shortestKey || keyLength > longestKey) {
    throw unsafe(`has a PBMAC1 key of ${keyLength ?? 'no'} bytes`);
  }
  checkLength(length, digestLengths[digest].digest);
  rules.budget.charge(kdf.iterations, digestsFor(keyLength, kdf.digest));
  const ours = digest === 'sha256' && kdf.digest === 'sha256' && keyLength === 32;
  const name = `PBMAC1 (PBKDF2 with HMAC-${kdf.digest.toUpperCase()}, HMAC-${digest.toUpperCase()})`;
  const keyed = { digest, key: { ...kdf, keyLength } };
  if (rules.strict && !ours) throw new PfxError('pfx-unsupported', { why: `the file uses ${name}` });
  return { trait: 'pbmac1', name, iterations: kdf.iterations, keyed };
}

/**
 * MacData has a salt and a count of its own, which PBMAC1 does not use (RFC 9879 section 4). This salt is that of the RFC's
 * examples; the count is left out, being the default, which DER does not write. So in a backup no bit is free.
 */
export const unusedSalt = Buffer.from('NOT USED');

function readUnused(fields: Fields, { strict }: ReadingRules): void {
  const salt = fields.takeOctets();
  const count = fields.optional(tags.integer);
  fields.end();
  if (strict && (count !== undefined || !unusedSalt.equals(salt))) {
    throw new PfxError('pfx-unsupported', { why: 'the file has a salt or a count that PBMAC1 does not use' });
  }
}

function checkLength(length: number, expected: number): void {
  if (length !== expected) throw unsafe(`has a MAC of ${length} bytes`);
}

function unknownMac(oid: string): Omit<Mac, 'value'> {
  return { trait: 'other', name: `a MAC of the algorithm ${oid}`, iterations: null };
}

/** The MAC over some bytes. @throws InternalError `internal` if a worker thread failed */
export async function macOver(
  bytes: Uint8Array,
  { digest, key }: KeyedMac,
  password: Secret,
  derivations: PfxDerivations,
): Promise<Uint8Array> {
  const derived = await derivations.derive(password, key);
  const value = createHmac(digest, derived.bytes()).update(bytes).digest();
  derived.erase();
  return value;
}

/** Whether two MACs are the same, in constant time. */
export function sameMac(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
