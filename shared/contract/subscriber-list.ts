import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import * as v from 'valibot';
import { asEscrowError, type FieldIssue, InputError } from '#domain/errors.ts';
import { parseKeySpec } from '#domain/key-spec.ts';
import { assurances, type Purpose } from '#domain/purpose.ts';
import { emailAddress, namesFit, namesTooLong, oneOf, subscriberIdentifier, text } from './fields.ts';
import { fieldIssues } from './parse.ts';

const columns = ['subscriberId', 'givenName', 'familyName', 'email', 'purposes', 'keySpec', 'assurance'];

/** One row: a subscriber and the certificates to request. Column names are those of the file. */
const rowSchema = v.pipe(
  v.strictObject({
    subscriberId: subscriberIdentifier,
    givenName: text(0, 64),
    familyName: text(1, 64),
    email: emailAddress,
    purposes: oneOf(['identity', 'encryption', 'identity+encryption']),
    keySpec: v.pipe(
      v.string(),
      v.check(isKeySpec, (issue) => keySpecIssue(issue.input)),
    ),
    assurance: oneOf(assurances),
  }),
  v.forward(v.partialCheck([['givenName'], ['familyName']], namesFit, namesTooLong), ['familyName']),
);

/** A good row, still in the words of the file. */
export type SubscriberRow = v.InferOutput<typeof rowSchema>;

/** A row that was refused: which, why and what to do. Rows count from 1, as a spreadsheet shows them. */
export interface RefusedRow extends FieldIssue {
  row: number;
}

/** The purposes of a row, one certificate request each. */
export function purposesOf(row: SubscriberRow): Purpose[] {
  return row.purposes === 'identity+encryption' ? ['identity', 'encryption'] : [row.purposes];
}

/**
 * Reads an organization's list of subscribers: UTF-8, RFC 4180 quoting, any column order, a header row.
 * Good rows go through whatever the others are; each bad field of a bad row is one refused line.
 * @throws InputError `invalid-input` if the whole file cannot be read as such a list
 */
export function readSubscriberList(bytes: Uint8Array): { rows: SubscriberRow[]; refused: RefusedRow[] } {
  const { rows, refused } = readNumberedSubscribers(bytes);
  return { rows: rows.map(({ subscriber }) => subscriber), refused };
}

/** The same, each good row with its number. */
export function readNumberedSubscribers(bytes: Uint8Array): {
  rows: { row: number; subscriber: SubscriberRow }[];
  refused: RefusedRow[];
} {
  const [header, ...records] = splitRecords(bytes);
  checkHeader(header?.cells ?? []);
  const rows: { row: number; subscriber: SubscriberRow }[] = [];
  const refused: RefusedRow[] = [];
  const seen = new Map<string, number>();
  for (const record of records) {
    const { row, issues } = readRow(header?.cells ?? [], record, seen);
    refused.push(...issues.map((issue) => ({ row: record.row, ...issue })));
    if (row !== undefined) rows.push({ row: record.row, subscriber: row });
  }
  return { rows, refused };
}

interface CsvRecord {
  row: number;
  /** Undefined where the quotes of the row are wrong. */
  cells: string[] | undefined;
}

const lineFeed = 0x0a;
const mostQuotingFaults = 1_000;

function splitRecords(bytes: Uint8Array): CsvRecord[] {
  const records: CsvRecord[] = [];
  const keep = (cells: string[] | undefined) => records.push({ row: records.length + 1, cells });
  let rest = withoutBom(bytes);
  for (let faults = 0; rest.length > 0; faults++) {
    const { parsed, fault } = parseUpToFault(rest, keep);
    if (fault === undefined) break;
    if (faults === mostQuotingFaults) throw notAList(fault);
    // The faulty row ends with its line, whatever its quotes say, so that the rows after it go through.
    keep(undefined);
    const lineEnd = rest.indexOf(lineFeed, parsed);
    rest = lineEnd === -1 ? rest.subarray(rest.length) : rest.subarray(lineEnd + 1);
  }
  // Empty lines are kept until they are counted, so that rows have the numbers that a spreadsheet shows.
  return records.filter(({ cells }) => cells?.length !== 1 || cells[0] !== '');
}

function parseUpToFault(bytes: Uint8Array, keep: (cells: string[]) => void) {
  let parsed = 0;
  try {
    parseCsv(Buffer.from(bytes), {
      relax_column_count: true,
      on_record: (cells: string[], context) => {
        parsed = context.bytes;
        keep(cells);
      },
    });
    return { parsed };
  } catch (error) {
    if (error instanceof CsvError) return { parsed, fault: error };
    throw notAList(error);
  }
}

function withoutBom(bytes: Uint8Array): Uint8Array {
  try {
    return new TextEncoder().encode(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw notAList(error);
  }
}

function notAList(cause: unknown): InputError {
  return new InputError('invalid-input', {
    field: 'subscriber list',
    why: 'is not CSV in UTF-8',
    next: 'Save it as CSV, UTF-8, fields with commas or line breaks in double quotes.',
    cause,
  });
}

function checkHeader(header: string[]): void {
  const missing = columns.filter((column) => !header.includes(column));
  const unknown = header.filter(
    (column, index) => !columns.includes(column) || header.indexOf(column) !== index,
  );
  if (missing.length === 0 && unknown.length === 0) return;
  throw new InputError('invalid-input', {
    field: 'subscriber list',
    why:
      missing.length > 0
        ? `has no column ${missing.join(', ')}`
        : 'has an unknown or repeated column in its first line',
    next: `Give it exactly these columns, in any order: ${columns.join(',')}.`,
  });
}

function readRow(header: string[], record: CsvRecord, seen: Map<string, number>) {
  const { cells } = record;
  if (cells?.length !== header.length) {
    const why =
      cells === undefined
        ? 'has a double quote that is not closed, or is closed in the wrong place'
        : `has ${cells.length} fields where the first line names ${header.length}`;
    return { issues: [{ field: '(row)', why, next: 'Check its commas and quotes.' }] };
  }
  const value = Object.fromEntries(header.map((column, index) => [column, cells[index] ?? '']));
  const result = v.safeParse(rowSchema, value);
  if (!result.success) return { issues: fieldIssues(result.issues) };
  const issues = repeated(result.output, record.row, seen);
  return issues.length > 0 ? { issues } : { row: result.output, issues };
}

/** A subscriber has one pending key pair a purpose, so the same one twice in a list is a mistake. */
function repeated(row: SubscriberRow, rowNumber: number, seen: Map<string, number>): FieldIssue[] {
  const issues: FieldIssue[] = [];
  for (const purpose of purposesOf(row)) {
    const key = `${row.subscriberId} ${purpose}`;
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, rowNumber);
    else {
      const why = `asks for a second ${purpose} certificate of the subscriber of row ${earlier}`;
      issues.push({ field: 'subscriberId', why, next: 'Remove one of the two rows.' });
    }
  }
  return issues;
}

function isKeySpec(name: string): boolean {
  return keySpecIssue(name) === '';
}

function keySpecIssue(name: string): string {
  try {
    parseKeySpec(name);
    return '';
  } catch (error) {
    const { details, next } = asEscrowError(error);
    return `${details.why ?? 'is not a key spec'}|${next}`;
  }
}
