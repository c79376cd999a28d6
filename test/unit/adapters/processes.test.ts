import { describe, expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { enrollmentRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { startChild } from './child-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('a registry that more than one process writes', () => {
  const folder = temporaryFolder();

  it('loses no write of either: each version is written by one of them', async () => {
    const database = openDatabase(folder('escrow.db'));
    const registry = new SqliteRegistry(database, new ManualClock());
    await registry.create(enrollmentRecord('e-1', { events: [] }));
    const children = [1, 2].map(() => startChild('count-up.ts', folder('escrow.db'), '60'));
    const written = await Promise.all(
      children.map(async (child) => {
        const versions: number[] = [];
        for (let line = await child.nextLine(); line !== undefined; line = await child.nextLine()) {
          versions.push(Number(line));
        }
        expect(await child.ended).toBe(0);
        return versions;
      }),
    );
    const expected = Array.from({ length: 120 }, (_, index) => index + 2);
    expect(written.flat().sort((one, other) => one - other)).toEqual(expected);
    expect((await registry.read('enrollment', 'acme', 'e-1'))?.exports).toBe(120);
    database.close();
  });

  it('has the events of every version that was written, and of no other, when the writer is killed', async () => {
    const database = openDatabase(folder('escrow.db'));
    const registry = new SqliteRegistry(database, new ManualClock());
    await registry.create(enrollmentRecord('e-1'));
    const child = startChild('count-up.ts', folder('escrow.db'), '100000');
    let said = 1;
    for (let lines = 0; lines < 25; lines += 1) said = Number(await child.nextLine());
    child.process.kill('SIGKILL');
    expect(await child.ended).toBe('SIGKILL');
    database.close();

    const after = openDatabase(folder('escrow.db'));
    const version =
      (await new SqliteRegistry(after, new ManualClock()).read('enrollment', 'acme', 'e-1'))?.version ?? 0;
    const pending = await new SqliteOutbox(after, new ManualClock()).pending(1_000_000);
    after.close();
    expect(version).toBeGreaterThanOrEqual(said);
    const expected = Array.from({ length: version }, (_, index) => `e-1.${index + 1}.0`);
    expect(pending.map(({ event }) => event.id)).toEqual(expected);
  });
});

describe('a file of which the disk gives no more', () => {
  const folder = temporaryFolder();

  it('fails the statement that reads it, and not the process', async () => {
    const database = openDatabase(folder('escrow.db'));
    const insert = database.prepare(
      "INSERT INTO documents (kind, organization, id, bytes) VALUES ('csr', 'acme', ?, zeroblob(4000))",
    );
    database.transaction(() => {
      for (let index = 1; index <= 200; index += 1) insert.run(`d-${index}`);
    });
    database.close();
    const child = startChild('read-what-is-gone.ts', folder('escrow.db'));
    expect(await child.nextLine()).toBe('store-unavailable');
    expect(await child.ended).toBe(0);
  });
});
