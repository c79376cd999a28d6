import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { ledgerSql } from '#adapters/sqlite/ledger-log.ts';
import { mainSchema } from '#adapters/sqlite/schema.ts';

/** How SQLite goes about a query of the ledger. */
function planOf(name: keyof typeof ledgerSql): string {
  const database = new DatabaseSync(':memory:');
  for (const step of mainSchema) database.exec(step);
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${ledgerSql[name]}`).all();
  database.close();
  return rows.map(({ detail }) => String(detail)).join('\n');
}

describe('a query of the ledger', () => {
  it.each([
    ['lines', ['USING PRIMARY KEY (organization=? AND sequence>?)']],
    ['refused', ['USING INDEX ledger_refused (organization=? AND sequence>?)']],
    [
      'about',
      [
        'USING INDEX ledger_by_enrollment (organization=? AND enrollment_id=? AND sequence>?)',
        'USING INDEX ledger_by_principal (organization=? AND principal=? AND sequence>?)',
      ],
    ],
    ['byId', ['USING INDEX ledger_by_id (organization=? AND id=?)']],
  ] as const)('%s reads no more lines than it needs', (name, searches) => {
    const plan = planOf(name);
    for (const search of searches) expect(plan).toContain(search);
    expect(plan).not.toContain('SCAN ledger');
  });
});
