import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteLedger } from '#adapters/sqlite/ledger.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { readLedger, verifyLedger } from '#test/support/kept-ledger.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

/** Records five entries, runs SQL on the file as somebody with access to it could, and opens it again. */
async function afterTampering(sql: string): Promise<Database> {
  const database = openDatabase(folder('escrow.db'));
  const ledger = new SqliteLedger(database, new ManualClock());
  for (let index = 1; index <= 5; index += 1) {
    const requestId = `r-${index}`;
    await ledger.record({ action: 'a', organization: 'acme', principal: 'p', outcome: 'done', requestId });
    await ledger.record({ action: 'a', organization: 'other', principal: 'p', outcome: 'done', requestId });
  }
  database.close();
  const raw = new DatabaseSync(folder('escrow.db'));
  raw.function('sha256', (text) => createHash('sha256').update(String(text)).digest('hex'));
  raw.exec(sql);
  raw.close();
  return openDatabase(folder('escrow.db'));
}

const unguarded =
  'DROP TRIGGER ledger_line_unaltered; DROP TRIGGER ledger_line_undeleted; DROP TRIGGER ledger_line_in_sequence;';
const third = "WHERE organization = 'acme' AND sequence = 3";

describe('the ledger', () => {
  it.each([
    ['an update', `UPDATE ledger SET line = '{}' ${third}`],
    ['a deletion', `DELETE FROM ledger ${third}`],
    [
      'a replacement',
      `INSERT OR REPLACE INTO ledger (organization, sequence, line, sha256) SELECT organization, sequence, '{"id":"a"}', sha256 FROM ledger ${third}`,
    ],
    [
      'an entry out of sequence',
      `INSERT INTO ledger (organization, sequence, line, sha256) SELECT organization, 9, '{"id":"a"}', sha256 FROM ledger ${third}`,
    ],
  ])('refuses %s', async (_, sql) => {
    await expect(afterTampering(sql)).rejects.toThrow('the ledger is append only');
    const database = openDatabase(folder('escrow.db'));
    expect(verifyLedger(database, 'acme')).toBeUndefined();
    expect(readLedger(database, 'acme')).toHaveLength(5);
    database.close();
  });

  it.each([
    ['altered', `UPDATE ledger SET line = replace(line, 'r-3', 'r-9') ${third}`, 3],
    [
      'altered, its digest too',
      `UPDATE ledger SET line = replace(line, 'r-3', 'r-9') ${third}; UPDATE ledger SET sha256 = sha256(line) ${third}`,
      4,
    ],
    ['left out', `DELETE FROM ledger ${third}`, 3],
    [
      'left out, and the later ones moved up',
      `DELETE FROM ledger ${third};
       UPDATE ledger SET sequence = 3 WHERE organization = 'acme' AND sequence = 4;
       UPDATE ledger SET sequence = 4 WHERE organization = 'acme' AND sequence = 5`,
      3,
    ],
    [
      'the last, and given another number',
      `UPDATE ledger SET line = replace(line, '"sequence":5', '"sequence":6') WHERE sequence = 5;
       UPDATE ledger SET sha256 = sha256(line) WHERE sequence = 5`,
      5,
    ],
    ['the first left out', "DELETE FROM ledger WHERE organization = 'acme' AND sequence = 1", 1],
    [
      "another organization's",
      `DELETE FROM ledger WHERE organization = 'acme';
       UPDATE ledger SET organization = 'acme' WHERE organization = 'other'`,
      1,
    ],
  ])('tells where the chain breaks if an entry is %s', async (_, sql, broken) => {
    const database = await afterTampering(unguarded + sql);
    expect(verifyLedger(database, 'acme')).toBe(broken);
    database.close();
  });

  it('is whole where nobody tampered, and for an organization without entries', async () => {
    const database = await afterTampering('SELECT 1');
    expect(['acme', 'other', 'nobody'].map((each) => verifyLedger(database, each))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    database.close();
  });

  it('gives a line its time, its place in the chain and an id, in the order in which they are hashed', async () => {
    const database = openDatabase(folder('escrow.db'));
    const clock = new ManualClock('2026-02-01T00:00:00.000Z');
    const ledger = new SqliteLedger(database, clock);
    const entry = { action: 'a', organization: 'acme', principal: 'p', outcome: 'done' } as const;
    const id = await ledger.record(entry);
    expect(id).toMatch(/^led_[a-z2-7]{26}$/);
    clock.advance(1_000);
    await ledger.record(entry);
    const texts = database.prepare('SELECT line FROM ledger ORDER BY sequence').all();
    const first = `{"sequence":1,"previousSha256":"${'0'.repeat(64)}","time":"2026-02-01T00:00:00.000Z","id":"${id}","entry":${JSON.stringify(entry)}}`;
    expect(texts[0]).toEqual({ line: first });
    const sha256 = createHash('sha256').update(first).digest('hex');
    const second = { sequence: 2, previousSha256: sha256, time: '2026-02-01T00:00:01.000Z' };
    expect(readLedger(database, 'acme')[1]).toMatchObject(second);
    database.close();
  });

  it('commits what is recorded in one turn together', async () => {
    const database = openDatabase(folder('escrow.db'));
    const commits = counting(database);
    const ledger = new SqliteLedger(database, new ManualClock());
    const entry = { action: 'a', organization: 'acme', principal: 'p', outcome: 'done' } as const;
    const calls = Array.from({ length: 50 }, () => ledger.record(entry));
    expect(readLedger(database, 'acme')).toEqual([]);
    const ids = await Promise.all(calls);
    expect(commits()).toBe(1);
    expect(readLedger(database, 'acme').map(({ id }) => id)).toEqual(ids);
    await ledger.record(entry);
    expect(commits()).toBe(2);
    expect(verifyLedger(database, 'acme')).toBeUndefined();
    database.close();
  });

  it('rejects every entry of a turn whose commit fails, keeps none of them, and goes on', async () => {
    const database = openDatabase(folder('escrow.db'), 1);
    const ledger = new SqliteLedger(database, new ManualClock());
    const entry = { action: 'a', organization: 'acme', principal: 'p', outcome: 'done' } as const;
    const holder = new DatabaseSync(folder('escrow.db'));
    holder.exec('BEGIN IMMEDIATE');
    const ends = await Promise.allSettled([1, 2, 3].map(() => ledger.record(entry)));
    const unavailable = {
      status: 'rejected',
      reason: expect.objectContaining({ code: 'store-unavailable' }),
    };
    expect(ends).toEqual([unavailable, unavailable, unavailable]);
    holder.close();
    await ledger.record(entry);
    expect(readLedger(database, 'acme').map(({ sequence }) => sequence)).toEqual([1]);
    database.close();
  });

  it('keeps an entry that is too long for a line out, and none beside it', async () => {
    const database = openDatabase(folder('escrow.db'));
    const ledger = new SqliteLedger(database, new ManualClock());
    const entry = { action: 'a', organization: 'acme', principal: 'p', outcome: 'done' } as const;
    const tooLong = { ...entry, about: ['x'.repeat(70_000)] };
    const ends = await Promise.allSettled([entry, tooLong, entry].map((each) => ledger.record(each)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(ends[1]).toMatchObject({ reason: { code: 'record-too-large' } });
    expect(verifyLedger(database, 'acme')).toBeUndefined();
    expect(readLedger(database, 'acme')).toHaveLength(2);
    database.close();
  });
});

/** Counts the transactions that a database is asked for. */
function counting(database: Database): () => number {
  const transactions = vi.spyOn(database, 'transaction');
  return () => transactions.mock.calls.length;
}
