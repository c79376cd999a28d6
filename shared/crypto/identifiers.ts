import { createHash, randomBytes } from 'node:crypto';
import { InternalError } from '#domain/errors.ts';

/** RFC 4648 section 6, in lower case: safe in URLs, file names, PKCS#11 labels, and where case is lost. */
const base32Alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
/** 26 characters of 5 bits: 130 bits, so that identifiers do not meet by chance. */
const idLength = 26;
const idBytes = 17;

/**
 * The id of the enrollment that a request asks for. It is derived, so the same request always gets the same id, and
 * organizations never share one. It says nothing of either to whoever does not know them.
 * @param idempotencyKey what the request calls itself; unique within the organization
 * @returns `enr_` and 26 lower-case base32 characters
 */
export function enrollmentIdFrom(organization: string, idempotencyKey: string): string {
  return derivedId('enr', organization, idempotencyKey);
}

/**
 * An id that is always the same for the same names, and another for any other names or prefix.
 * @param prefix what it names, as in `exp` for `exp_...`: letters
 */
export function derivedId(prefix: string, ...names: string[]): string {
  const name = JSON.stringify([prefix, ...names]);
  return `${prefix}_${base32(createHash('sha256').update(name).digest())}`;
}

/**
 * A random id of 130 bits.
 * @param prefix what it names, as in `bkp` for `bkp_...`: letters
 */
export function newId(prefix: string): string {
  return `${prefix}_${base32(randomBytes(idBytes))}`;
}

/** The first eight characters after an id's prefix: enough to tell a subscriber's keys apart, short enough to read. */
export function shortId(id: string): string {
  return id.slice(id.indexOf('_') + 1).slice(0, 8);
}

/** SHA-256 as 64 hexadecimal digits, lower case. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The SHA-256 of a value's canonical JSON, hex.
 * @throws InternalError `internal` for a value that has no JSON
 */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * A value's canonical JSON (members sorted by name, no white space, as RFC 8785). Members that are undefined count as absent, and a
 * Secret as the fact that there is one.
 * @throws InternalError `internal` for a value that has no JSON
 */
export function canonicalJson(value: unknown): string {
  const json = JSON.stringify(value, (_name, member: unknown) => withSortedNames(member));
  if (json === undefined) throw new InternalError('internal', { why: 'a fingerprint needs a JSON value' });
  return json;
}

function withSortedNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from(
    { length: idLength },
    (_unused, index) => base32Alphabet[Number.parseInt(bits.slice(5 * index, 5 * index + 5), 2)],
  ).join('');
}
