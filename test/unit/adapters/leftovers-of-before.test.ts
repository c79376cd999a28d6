import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { mainSchema } from '#adapters/sqlite/schema.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { enrollment } from '#test/support/enrollment.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const escrowing = { id: 'att_1', startedAt: '2026-01-05T08:00:00.000Z' };

it('what was left over before escrows could be is found as before, and what they leave over, too', async () => {
  const file = folder('escrow.db');
  const old = new DatabaseSync(file);
  const step = mainSchema.findIndex((each) => each.includes('$.escrowing'));
  for (const each of mainSchema.slice(0, step)) old.exec(each);
  old.exec(`PRAGMA user_version = ${step}`);
  const insert = old.prepare(`
    INSERT INTO aggregates (organization, type, id, version, state, subscriber_id, record, written_at)
    VALUES ('acme', 'enrollment', ?, 1, 'ready', 'ada', ?, '2026-01-05T08:00:00.000Z')`);
  for (const record of [enrollment({ id: 'e-1' }), enrollment({ id: 'e-2', pendingLock: 'e-2.lck_1' })])
    insert.run(record.id, JSON.stringify(record));
  old.close();
  const database = openDatabase(file);
  try {
    const registry = new SqliteRegistry(database, new ManualClock());
    const left = async () => (await registry.leftovers('acme', 10)).items.map(({ id }) => id);
    expect(await left()).toEqual(['e-2']);
    await registry.replace(enrollment({ id: 'e-1', version: 2, escrowing }), { version: 1 });
    expect(await left()).toEqual(['e-1', 'e-2']);
    await registry.replace(enrollment({ id: 'e-1', version: 3 }), { version: 2 });
    expect(await left()).toEqual(['e-2']);
  } finally {
    database.close();
  }
});
