import type { KeptLine, LedgerLog, LedgerQuestion } from '#ports/ledger-log.ts';
import type { Page } from '#ports/registry.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, type Row, textOf } from './rows.ts';

/** The index is named: by itself SQLite goes through all of an organization's lines, which are in the order that is wanted. */
const ofOrganization = (index = '') =>
  `SELECT sequence, line FROM ledger ${index} WHERE organization = ?1 AND sequence > ?2`;
const page = 'ORDER BY sequence LIMIT ?3';
const ifRefused = "AND (?4 = 0 OR outcome = 'refused')";

/** Each walks one index in the order of sequences; of several enrollments, or those and a principal, one index a name. */
export const ledgerSql = {
  // From one organization to the next by the primary key: costs their number, not that of their lines.
  organizations: `
    WITH RECURSIVE each (organization) AS (
      SELECT min(organization) FROM ledger
      UNION ALL
      SELECT (SELECT min(organization) FROM ledger WHERE organization > each.organization)
      FROM each WHERE each.organization IS NOT NULL)
    SELECT organization FROM each WHERE organization IS NOT NULL`,
  lines: `${ofOrganization()} ${page}`,
  refused: `${ofOrganization('INDEXED BY ledger_refused')} AND outcome = 'refused' ${page}`,
  about: `
    ${ofOrganization('INDEXED BY ledger_by_enrollment')}
      AND enrollment_id IN (SELECT value FROM json_each(?5)) ${ifRefused}
    UNION ${ofOrganization('INDEXED BY ledger_by_principal')} AND principal = ?6 ${ifRefused} ${page}`,
  byId: 'SELECT sequence, line FROM ledger WHERE organization = ? AND id = ?',
} as const;

/** Reads what `SqliteLedger` appends. */
export class SqliteLedgerLog implements LedgerLog {
  readonly #statements: Readonly<Record<keyof typeof ledgerSql, Statement>>;

  constructor(database: Database) {
    this.#statements = {
      organizations: database.prepare(ledgerSql.organizations),
      lines: database.prepare(ledgerSql.lines),
      refused: database.prepare(ledgerSql.refused),
      about: database.prepare(ledgerSql.about),
      byId: database.prepare(ledgerSql.byId),
    };
  }

  async organizations(): Promise<string[]> {
    return this.#statements.organizations.all().map((row) => textOf(row, 'organization'));
  }

  async lines(organization: string, after: number, limit: number): Promise<KeptLine[]> {
    return this.#statements.lines.all(organization, after, limit).map(lineOf);
  }

  async find(question: LedgerQuestion): Promise<Page<KeptLine>> {
    const { limit } = question;
    // One more than asked for tells whether there is a further page.
    const rows = this.#rowsFor(question, limit + 1);
    const items = rows.slice(0, limit).map(lineOf);
    const last = items.at(-1);
    return { items, ...(rows.length > limit && last !== undefined && { cursor: String(last.sequence) }) };
  }

  async locate(organization: string, entryId: string): Promise<KeptLine | undefined> {
    const row = this.#statements.byId.get(organization, entryId);
    return row === undefined ? undefined : lineOf(row);
  }

  #rowsFor({ organization, after, enrollments, principal, refused }: LedgerQuestion, limit: number): Row[] {
    const { lines, refused: onlyRefused, about } = this.#statements;
    if (enrollments === undefined && principal === undefined) {
      return (refused ? onlyRefused : lines).all(organization, after, limit);
    }
    const of = [JSON.stringify(enrollments ?? []), principal ?? null];
    return about.all(organization, after, limit, refused ? 1 : 0, ...of);
  }
}

function lineOf(row: Row): KeptLine {
  return { sequence: integerOf(row, 'sequence'), text: textOf(row, 'line') };
}
