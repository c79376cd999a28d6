import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { News } from '#adapters/news.ts';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteEventFeed } from '#adapters/sqlite/event-feed.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { mainSchema } from '#adapters/sqlite/schema.ts';
import { oldestKept } from '#ports/event-feed.ts';
import { enrollmentRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const eightDays = 8 * 24 * 3_600_000;

function opened(file: string) {
  const clock = new ManualClock();
  const database = openDatabase(file);
  const news = new News();
  return {
    clock,
    database,
    registry: new SqliteRegistry(database, clock, news),
    outbox: new SqliteOutbox(database, clock),
    feed: new SqliteEventFeed(database, news),
    rows: () => database.prepare('SELECT count(*) AS n FROM outbox').get()?.['n'],
  };
}

describe('the log of events', () => {
  const folder = temporaryFolder();

  it('takes over an outbox of the first schema: published rows are gone, the others are still to be published', async () => {
    const old = new DatabaseSync(folder('escrow.db'));
    old.exec(`${mainSchema[0]}; PRAGMA user_version = 1`);
    const insert = old.prepare('INSERT INTO outbox (id, source, type, time, data) VALUES (?, ?, ?, ?, ?)');
    const sources = [
      '/organizations/acme/enrollments/e-1',
      '/organizations/acme',
      '/organizations/b-2/enrollments/e',
    ];
    for (const [index, source] of [...sources, sources[0] ?? ''].entries()) {
      insert.run(`id-${index}`, source, 'EnrollmentAccepted', '2026-01-01T00:00:00.000Z', '{}');
    }
    old.exec('DELETE FROM outbox WHERE position = 1');
    old.close();

    const { outbox, feed, registry, database } = opened(folder('escrow.db'));
    const idsOf = async (organization: string) =>
      (await feed.after(organization, oldestKept, 10)).entries.map(({ event: { id } }) => id);
    expect((await outbox.pending(10)).map(({ event: { id } }) => id)).toEqual(['id-1', 'id-2', 'id-3']);
    expect([await idsOf('acme'), await idsOf('b-2'), await idsOf('b')]).toEqual([
      ['id-1', 'id-3'],
      ['id-2'],
      [],
    ]);
    await registry.create(enrollmentRecord('e-9'));
    expect(await idsOf('acme')).toEqual(['id-1', 'id-3', 'e-9.1.0']);
    database.close();
  });

  it('is pruned in small steps, each time that something was published', async () => {
    const { outbox, registry, clock, database, rows, feed } = opened(folder('escrow.db'));
    for (let count = 0; count < 450; count += 1) await registry.create(enrollmentRecord(`e-${count}`));
    const pending = await outbox.pending(1_000);
    await outbox.published(pending.at(-1)?.position ?? 0);
    expect(rows()).toBe(450);
    clock.advance(eightDays);
    const left: unknown[] = [];
    for (let step = 0; step < 4; step += 1) {
      await outbox.published(0);
      left.push(rows());
    }
    expect(left).toEqual([250, 50, 0, 0]);
    await expect(feed.after('acme', String(pending[448]?.position), 1)).rejects.toMatchObject({
      code: 'invalid-input',
    });
    expect((await feed.after('acme', String(pending[449]?.position), 1)).entries).toEqual([]);
    database.close();
  });

  it('is read by index, whatever other organizations wrote', async () => {
    const { database } = opened(folder('escrow.db'));
    const plan = database
      .prepare(
        'EXPLAIN QUERY PLAN SELECT id FROM outbox WHERE organization = ? AND position > ? ORDER BY position LIMIT ?',
      )
      .all('acme', 0, 10)
      .map((row) => row['detail']);
    expect(plan).toEqual([
      expect.stringContaining('USING INDEX outbox_by_organization (organization=? AND position>?)'),
    ]);
    database.close();
  });
});

describe('news', () => {
  it('wake those who wait for that organization, whatever it is called, and nobody else', async () => {
    const news = new News();
    const ending = new AbortController();
    const heard: string[] = [];
    const names = ['acme', 'error', 'newListener', '__proto__', ''];
    const waiting = names.map(async (name) => {
      if (await news.next(name, ending.signal)) heard.push(name);
    });
    const unheard = news.next('other', ending.signal);
    for (const name of names) news.announce(name);
    await Promise.all(waiting);
    expect(heard.sort()).toEqual(names.sort());
    ending.abort();
    expect(await unheard).toBe(false);
  });
});
