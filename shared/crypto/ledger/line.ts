import { InternalError, ProofError, StoreError } from '#domain/errors.ts';
import { leafHash, sha256 } from './merkle.ts';

/** What is recorded of one act or refusal, in its place in an organization's log. */
export interface LedgerLine<E extends object = object> {
  /** 1 for an organization's first line, and then without gaps. */
  sequence: number;
  /** SHA-256 of the line before, hex; 64 zeros in the first. */
  previousSha256: string;
  /** When it was recorded: ISO 8601 in UTC with milliseconds, as in `2026-01-05T08:00:00.000Z`. */
  time: string;
  /** The id that the entry was given when it was recorded; a receipt names it. */
  id: string;
  entry: E;
}

/** A line as it was read, and what it is known by. */
export interface ReadLine extends LedgerLine {
  /** Whose ledger the entry says it is of. */
  organization: string;
}

/** Stands for the SHA-256 before the first line, and before the first checkpoint. */
export const beforeTheFirst = '0'.repeat(64);

/** The longest line, in bytes of UTF-8, without its newline. */
export const longestLine = 65_536;

const sha256Form = /^[0-9a-f]{64}$/;
const longestId = 300;

/**
 * The one text of a line: its members as `JSON.stringify` writes them, in their order. What is hashed is its UTF-8.
 * @throws StoreError `record-too-large` if it is longer than any line may be; InternalError `internal` if it has a member that no
 *   line has
 */
export function formatLine(line: LedgerLine): string {
  const text = JSON.stringify(inOrder(line));
  const bytes = Buffer.from(text);
  if (bytes.length > longestLine) throw new StoreError('record-too-large');
  try {
    parseLine(bytes);
  } catch (cause) {
    throw new InternalError('internal', { why: 'this is not a line of a ledger', cause });
  }
  return text;
}

/**
 * Reads a line. Only the one text that `formatLine` makes is taken: members that are missing, more, twice or in another order,
 * and other ways to write the same JSON, are refused.
 * @param bytes without the newline
 * @throws ProofError `ledger-unreadable`; its `why` quotes nothing of the line
 */
export function parseLine(bytes: Uint8Array): ReadLine {
  if (bytes.length > longestLine) throw unreadable('it is longer than any line may be');
  const text = decodeText(bytes);
  const value = parseJson(text);
  if (!isLine(value)) throw unreadable('it is not of the form of a line');
  if (spelled(value) !== text) throw unreadable('it is not spelled as lines are');
  const { organization } = value.entry;
  return { ...value, organization };
}

/** SHA-256 of a line, hex: what the line after it names. */
export function lineSha256(line: string | Uint8Array): string {
  return sha256(Buffer.from(line)).toString('hex');
}

/** The hash of a line as a leaf of the tree. */
export function lineLeaf(line: string | Uint8Array): Buffer {
  return leafHash(Buffer.from(line));
}

/**
 * Bytes as the text that they are in UTF-8.
 * @throws ProofError `ledger-unreadable`
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable('it is not text in UTF-8');
  }
}

/** Whether a text is a time as lines and checkpoints write it. Such texts sort as the times do. */
export function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** @param why follows the place that is read, as in `it is not JSON` */
export function unreadable(why: string): ProofError {
  return new ProofError('ledger-unreadable', { why });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: a parser's message quotes what it read.
    throw unreadable('it is not JSON');
  }
}

function isLine(value: unknown): value is LedgerLine<{ organization: string }> {
  if (!isObject(value)) return false;
  const { sequence, previousSha256, time, id, entry } = value;
  return (
    Number.isSafeInteger(sequence) &&
    Number(sequence) >= 1 &&
    isText(previousSha256) &&
    sha256Form.test(previousSha256) &&
    isText(time) &&
    isTime(time) &&
    isText(id) &&
    id !== '' &&
    id.length <= longestId &&
    isObject(entry) &&
    isText(entry['organization'])
  );
}

/** A text that is none, where it is nested deeper than anything that is recorded. */
function spelled(line: LedgerLine): string | undefined {
  try {
    return JSON.stringify(inOrder(line));
  } catch {
    return undefined;
  }
}

function inOrder<E extends object>({ sequence, previousSha256, time, id, entry }: LedgerLine<E>) {
  return { sequence, previousSha256, time, id, entry };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
