import { PfxError } from '#domain/errors.ts';
import { oids } from '../oids.ts';
import { type Element, Fields, natural, oidText, tags } from './ber.ts';
import type { IterationBudget } from './budget.ts';
import type { KeyDerivation } from './derivations.ts';

/** How a file is read: as a backup of ours, or as whatever a person holds in hand. */
export interface ReadingRules {
  /** A backup has salts of at least 8 bytes (RFC 8018 section 4.1); some old programs write fewer. */
  strict: boolean;
  budget: IterationBudget;
}

/** The pseudo-random functions of PBKDF2 and the HMACs of PBMAC1, by their identifiers (RFC 8018 appendix B.1). */
export const hmacs = new Map<string, Pbkdf2['digest']>([
  [oids.hmacWithSHA1, 'sha1'],
  [oids.hmacWithSHA224, 'sha224'],
  [oids.hmacWithSHA256, 'sha256'],
  [oids.hmacWithSHA384, 'sha384'],
  [oids.hmacWithSHA512, 'sha512'],
]);

const shortestStrictSalt = 8;
const longestSalt = 128;

/** PBKDF2 as a file asks for it, with the key length where the file says one. */
export type Pbkdf2 = Omit<Extract<KeyDerivation, { kdf: 'pbkdf2' }>, 'keyLength'> & {
  keyLength: number | undefined;
};

/**
 * Reads PBKDF2-params (RFC 8018 appendix A.2). Their iterations are the caller's to charge, who knows how long the key is.
 * @param kdf the AlgorithmIdentifier
 * @returns the object identifier of what is not known here: another function, or another pseudo-random function
 * @throws PfxError `pfx-unsafe-parameters`, `pfx-malformed`
 */
export function readPbkdf2(kdf: Element, rules: ReadingRules): Pbkdf2 | string {
  const algorithm = new Fields(kdf, tags.sequence);
  const oid = oidText(algorithm.take(tags.oid));
  if (oid !== oids.pbkdf2) return oid;
  const fields = new Fields(algorithm.take(tags.sequence), tags.sequence);
  algorithm.end();
  const salt = readSalt(fields, rules);
  const iterations = readCount(fields.take(tags.integer));
  const given = fields.optional(tags.integer);
  const keyLength = given === undefined ? undefined : readCount(given);
  const prf = fields.optional(tags.sequence);
  fields.end();
  const prfOid = prf === undefined ? oids.hmacWithSHA1 : plainAlgorithm(prf);
  const digest = hmacs.get(prfOid);
  if (digest === undefined) return prfOid;
  return { kdf: 'pbkdf2', digest, salt, iterations, keyLength };
}

/**
 * The next field, which must be a salt.
 * @throws PfxError `pfx-unsafe-parameters` if there is none, or one of another type, or of no sensible length
 */
export function readSalt(fields: Fields, { strict }: ReadingRules): Uint8Array {
  const salt = fields.optionalOctets();
  if (salt === undefined) throw unsafe('lacks a salt, or has one of another type');
  if (salt.length < (strict ? shortestStrictSalt : 1) || salt.length > longestSalt) {
    throw unsafe(`uses a salt of ${salt.length} bytes`);
  }
  return salt;
}

/**
 * An iteration count or a key length; `Infinity` for one beyond exact numbers.
 * @throws PfxError `pfx-unsafe-parameters` if it is less than 1
 */
export function readCount(element: Element): number {
  const [first = 0x80] = element.content;
  if (first >= 0x80) throw unsafe('has a negative or an empty count');
  const count = natural(element);
  if (count < 1) throw unsafe('has a count of zero');
  return count;
}

/** The object identifier of an algorithm whose parameters are NULL or absent. @throws PfxError `pfx-malformed` */
export function plainAlgorithm(algorithm: Element): string {
  const fields = new Fields(algorithm, tags.sequence);
  const oid = oidText(fields.take(tags.oid));
  endOfParameters(fields);
  return oid;
}

/** @throws PfxError `pfx-malformed` if anything but NULL is left */
export function endOfParameters(fields: Fields): void {
  const parameter = fields.optional(tags.null);
  if (parameter !== undefined && parameter.content.length > 0) throw new PfxError('pfx-malformed');
  fields.end();
}

/** @param why follows `the file` */
export function unsafe(why: string): PfxError {
  return new PfxError('pfx-unsafe-parameters', { why: `the file ${why}` });
}
