import { createHash } from 'node:crypto';
import type { Database } from '#adapters/sqlite/database.ts';
import { type Row, textOf } from '#adapters/sqlite/rows.ts';
import type { LedgerLine } from '#ports/ledger-log.ts';

/** An organization's lines in their order, as the table holds them. */
export function readLedger(database: Database, organization: string): LedgerLine[] {
  return rowsOf(database, organization).map(lineOf);
}

/** The first sequence that is missing, or whose line is not the one that was appended; undefined if all are. */
export function verifyLedger(database: Database, organization: string): number | undefined {
  let previousSha256 = '0'.repeat(64);
  for (const [index, row] of rowsOf(database, organization).entries()) {
    const sequence = index + 1;
    const sha256 = createHash('sha256').update(textOf(row, 'line')).digest('hex');
    const line = lineOf(row);
    const isLink =
      row['sequence'] === sequence &&
      textOf(row, 'sha256') === sha256 &&
      line.sequence === sequence &&
      line.previousSha256 === previousSha256 &&
      line.entry.organization === organization;
    if (!isLink) return sequence;
    previousSha256 = sha256;
  }
  return undefined;
}

function rowsOf(database: Database, organization: string): Row[] {
  return database
    .prepare('SELECT sequence, line, sha256 FROM ledger WHERE organization = ? ORDER BY sequence')
    .all(organization);
}

function lineOf(row: Row): LedgerLine {
  return JSON.parse(textOf(row, 'line'));
}
