import { decodeProtectedHeader } from 'jose';
import * as v from 'valibot';
import { LockError, ProviderError } from '#domain/errors.ts';

/** What a locked record belongs to. It does not open under another. */
export interface LockContext {
  organization: string;
  enrollmentId: string;
}

const base64url = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/));
const compactJwe = v.pipe(v.string(), v.regex(/^([A-Za-z0-9_-]+\.){4}[A-Za-z0-9_-]+$/));
const version = v.literal(1);

const recordSchema = v.variant('lock', [
  v.strictObject({ version, lock: v.literal('password'), salt: base64url, jwe: compactJwe }),
  v.strictObject({ version, lock: v.literal('recipient'), jwe: compactJwe }),
  v.strictObject({
    version,
    lock: v.literal('held'),
    organization: v.string(),
    enrollmentId: v.string(),
    wrapped: base64url,
  }),
]);

/**
 * The locked record. Version 1 also fixes what is not written in it: the cost of a password, the algorithms. So nobody
 * who can write to the store can make a lock weaker, or an opening dearer.
 */
export type LockedRecord = v.InferOutput<typeof recordSchema>;
type RecordOf<K extends LockedRecord['lock']> = Extract<LockedRecord, { lock: K }>;

/** The record as it is stored: JSON in UTF-8. */
export function encodeRecord(record: LockedRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/**
 * Reads a stored record of any lock.
 * @throws ProviderError `wrapped-key-invalid` for anything else
 */
export function parseRecord(locked: Uint8Array): LockedRecord {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(locked));
  } catch (cause) {
    throw damaged(cause);
  }
  const parsed = v.safeParse(recordSchema, value);
  if (!parsed.success) throw damaged();
  return parsed.output;
}

/**
 * Reads a stored record of one lock.
 * @throws LockError `wrong-unlocking` if it has another lock
 * @throws ProviderError `wrapped-key-invalid` if it is no locked record
 */
export function parseRecordOf<K extends LockedRecord['lock']>(lock: K, locked: Uint8Array): RecordOf<K> {
  const record = parseRecord(locked);
  if (!isOf(lock, record)) throw new LockError('wrong-unlocking');
  return record;
}

/**
 * The protected header of a lock's JWE. It authenticates what the lock belongs to; `typ` tells the JWE from anything
 * else that is sealed to the same key (RFC 7516 section 4.1.11).
 */
export function lockHeader<A extends string>(algorithm: A, { organization, enrollmentId }: LockContext) {
  return { alg: algorithm, enc: 'A256GCM', typ: 'escrow-locked-key', organization, enrollmentId } as const;
}

/**
 * Checks a JWE's protected header before any work is done on it: what it says is authenticated only by opening it.
 * @throws ProviderError `wrapped-key-invalid` if it belongs to another enrollment, or is none of our headers
 */
export function checkLockHeader(jwe: string, algorithms: readonly string[], context: LockContext): void {
  let header: Record<string, unknown>;
  try {
    header = decodeProtectedHeader(jwe);
  } catch (cause) {
    throw damaged(cause);
  }
  const expected = Object.entries(lockHeader(String(header['alg']), context));
  const asExpected = expected.every(([name, value]) => header[name] === value);
  const known = ['kid', 'epk', ...expected.map(([name]) => name)];
  const nothingElse = Object.keys(header).every((name) => known.includes(name));
  if (!asExpected || !nothingElse || !algorithms.includes(String(header['alg']))) throw damaged();
}

/** The refusal of a record that was altered or belongs to another enrollment. */
export function damaged(cause?: unknown): ProviderError {
  return new ProviderError('wrapped-key-invalid', cause === undefined ? {} : { cause });
}

function isOf<K extends LockedRecord['lock']>(lock: K, record: LockedRecord): record is RecordOf<K> {
  return record.lock === lock;
}
