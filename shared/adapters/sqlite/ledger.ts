import { createHash } from 'node:crypto';
import type { Clock } from '#ports/clock.ts';
import type { Ledger, LedgerEntry } from '#ports/ledger.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, type Row, textOf } from './rows.ts';

/** An entry as it is kept. */
export interface RecordedEntry {
  /** 1 for an organization's first entry, and then without gaps. */
  sequence: number;
  /** ISO 8601 */
  time: string;
  /** SHA-256 of the body of the entry before, hex; 64 zeros in the first. */
  previousSha256: string;
  entry: LedgerEntry;
}

const beforeTheFirst = '0'.repeat(64);
const pageSize = 1_000;

/**
 * Keeps the ledger in SQLite, a chain for each organization: each entry names the SHA-256 of the one before, so that
 * an entry cannot be altered, left out or slipped in without breaking the chain after it. Triggers refuse what is not
 * an append. Cutting off the newest entries leaves a whole chain: only the id of a later entry, kept elsewhere, shows it.
 */
export class SqliteLedger implements Ledger {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #head: Statement;
  readonly #insert: Statement;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#head = database.prepare(
      'SELECT sequence, sha256 FROM ledger WHERE organization = ? ORDER BY sequence DESC LIMIT 1',
    );
    this.#insert = database.prepare(
      'INSERT INTO ledger (organization, sequence, body, sha256) VALUES (?, ?, ?, ?)',
    );
  }

  /** @returns `organization/sequence` */
  async record(entry: LedgerEntry): Promise<string> {
    const { organization } = entry;
    return this.#database.transaction(() => {
      const head = this.#head.get(organization);
      const recorded: RecordedEntry = {
        sequence: head === undefined ? 1 : integerOf(head, 'sequence') + 1,
        time: this.#clock.now().toISOString(),
        previousSha256: head === undefined ? beforeTheFirst : textOf(head, 'sha256'),
        entry,
      };
      const body = JSON.stringify(recorded);
      this.#insert.run(organization, recorded.sequence, body, sha256(body));
      return `${organization}/${recorded.sequence}`;
    });
  }
}

/**
 * An organization's entries in their order.
 * @param after the sequence that the page before ended with; 0 for the first page
 * @throws StoreError `store-unavailable`
 */
export function readLedger(
  database: Database,
  organization: string,
  after = 0,
  limit = pageSize,
): RecordedEntry[] {
  return rowsOf(database, organization, after, limit).map(bodyOf);
}

/**
 * Checks an organization's chain from its first entry to its last.
 * @returns the first sequence that is missing or whose entry is not the one that was appended; undefined if all are
 * @throws StoreError `store-unavailable`
 */
export function verifyLedger(database: Database, organization: string): number | undefined {
  let sequence = 0;
  let previous = beforeTheFirst;
  for (;;) {
    const rows = rowsOf(database, organization, sequence, pageSize);
    for (const row of rows) {
      sequence += 1;
      if (!isLink(row, organization, sequence, previous)) return sequence;
      previous = textOf(row, 'sha256');
    }
    if (rows.length < pageSize) return undefined;
  }
}

function isLink(row: Row, organization: string, sequence: number, previousSha256: string): boolean {
  const digest = textOf(row, 'sha256');
  if (integerOf(row, 'sequence') !== sequence || sha256(textOf(row, 'body')) !== digest) return false;
  // Whoever writes the table can write a digest that fits; the links must fit too.
  const recorded = bodyOf(row);
  return (
    recorded.sequence === sequence &&
    recorded.previousSha256 === previousSha256 &&
    recorded.entry.organization === organization
  );
}

function rowsOf(database: Database, organization: string, after: number, limit: number): Row[] {
  return database
    .prepare(
      'SELECT sequence, body, sha256 FROM ledger WHERE organization = ? AND sequence > ? ORDER BY sequence LIMIT ?',
    )
    .all(organization, after, limit);
}

function bodyOf(row: Row): RecordedEntry {
  return JSON.parse(textOf(row, 'body'));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
