import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '#adapters/sqlite/database.ts';
import { enrollmentSql } from '#adapters/sqlite/enrollment-queries.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { textOf } from '#adapters/sqlite/rows.ts';
import { mainSchema } from '#adapters/sqlite/schema.ts';
import { enrollmentRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

function planOf(database: Database, sql: string): string[] {
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map((row) => textOf(row, 'detail'));
}

describe('a list of enrollments', () => {
  it.each([
    ['all', 'sqlite_autoindex_aggregates_1 (organization=? AND type=? AND id>?)'],
    ['ofPurpose', 'aggregates_by_purpose (organization=? AND type=? AND purpose=? AND id>?)'],
    [
      'ofStateAndPurpose',
      'aggregates_by_state_and_purpose (organization=? AND type=? AND state=? AND purpose=? AND id>?)',
    ],
    ['ofSubscriber', 'aggregates_by_subscriber (organization=? AND type=? AND subscriber_id=? AND id>?)'],
    ['leftovers', 'aggregates_with_leftovers (organization=? AND type=? AND id>?)'],
    ['counts', 'aggregates_by_state_and_purpose (organization=? AND type=?)'],
  ] as const)('%s goes by its index, and sorts nothing', (name, index) => {
    const database = openDatabase(folder('escrow.db'));
    const plan = planOf(database, enrollmentSql[name]);
    expect(plan[0]).toMatch(/^SEARCH aggregates USING (?:COVERING )?INDEX /);
    expect(plan[0]).toContain(index);
    expect(plan.filter((step) => step.includes('TEMP B-TREE') || step.startsWith('SCAN aggregates'))).toEqual(
      [],
    );
    database.close();
  });

  it('finds by purpose what was written before there was an index of purposes', async () => {
    const file = folder('escrow.db');
    const before = new DatabaseSync(file);
    const step = mainSchema.findIndex((each) => each.includes('aggregates_by_purpose'));
    for (const each of mainSchema.slice(0, step)) before.exec(each);
    before.exec(`PRAGMA user_version = ${step}`);
    const record = enrollmentRecord('e-1', { purpose: 'identity' });
    before
      .prepare(
        `INSERT INTO aggregates (organization, type, id, version, state, subscriber_id, record, written_at)
        VALUES ('acme', 'enrollment', 'e-1', 1, 'accepted', 's-1', ?, '2026-01-05T08:00:00.000Z')`,
      )
      .run(JSON.stringify(record));
    before.close();

    const database = openDatabase(file);
    const registry = new SqliteRegistry(database, new ManualClock());
    const list = (purpose: 'identity' | 'encryption') =>
      registry.enrollments({ organization: 'acme', purpose, limit: 10 });
    expect((await list('identity')).items).toEqual([record]);
    expect((await list('encryption')).items).toEqual([]);
    database.close();
  });
});
