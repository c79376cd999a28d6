import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '#adapters/sqlite/database.ts';
import { readLedger, SqliteLedger, verifyLedger } from '#adapters/sqlite/ledger.ts';
import { ManualClock } from '#test/doubles/clock.ts';
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
  'DROP TRIGGER ledger_unaltered; DROP TRIGGER ledger_undeleted; DROP TRIGGER ledger_in_sequence;';
const third = "WHERE organization = 'acme' AND sequence = 3";

describe('the ledger', () => {
  it.each([
    ['an update', `UPDATE ledger SET body = '{}' ${third}`],
    ['a deletion', `DELETE FROM ledger ${third}`],
    [
      'a replacement',
      `INSERT OR REPLACE INTO ledger SELECT organization, sequence, '{}', sha256 FROM ledger ${third}`,
    ],
    [
      'an entry out of sequence',
      `INSERT INTO ledger SELECT organization, 9, body, sha256 FROM ledger ${third}`,
    ],
  ])('refuses %s', async (_, sql) => {
    await expect(afterTampering(sql)).rejects.toThrow('the ledger is append only');
    const database = openDatabase(folder('escrow.db'));
    expect(verifyLedger(database, 'acme')).toBeUndefined();
    expect(readLedger(database, 'acme')).toHaveLength(5);
    database.close();
  });

  it.each([
    ['altered', `UPDATE ledger SET body = replace(body, 'r-3', 'r-9') ${third}`, 3],
    [
      'altered, its digest too',
      `UPDATE ledger SET body = replace(body, 'r-3', 'r-9') ${third}; UPDATE ledger SET sha256 = sha256(body) ${third}`,
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
      `UPDATE ledger SET body = replace(body, '"sequence":5', '"sequence":6') WHERE sequence = 5;
       UPDATE ledger SET sha256 = sha256(body) WHERE sequence = 5`,
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

  it('is checked over more than one page, and read by pages', async () => {
    const database = openDatabase(folder('escrow.db'));
    const ledger = new SqliteLedger(database, new ManualClock());
    for (let index = 1; index <= 1_001; index += 1) {
      await ledger.record({ action: 'a', organization: 'acme', principal: 'p', outcome: 'done' });
    }
    expect(verifyLedger(database, 'acme')).toBeUndefined();
    expect(readLedger(database, 'acme')).toHaveLength(1_000);
    expect(readLedger(database, 'acme', 1_000).map(({ sequence }) => sequence)).toEqual([1_001]);
    expect(readLedger(database, 'acme', 5, 2).map(({ sequence }) => sequence)).toEqual([6, 7]);
    database.close();
  });

  it('gives an entry its time, its place in the chain and an id that says both', async () => {
    const database = openDatabase(folder('escrow.db'));
    const clock = new ManualClock('2026-02-01T00:00:00.000Z');
    const ledger = new SqliteLedger(database, clock);
    const entry = { action: 'a', organization: 'acme', principal: 'p', outcome: 'done' } as const;
    expect(await ledger.record(entry)).toBe('acme/1');
    clock.advance(1_000);
    expect(await ledger.record(entry)).toBe('acme/2');
    const [first, second] = readLedger(database, 'acme');
    expect(first).toEqual({
      sequence: 1,
      time: '2026-02-01T00:00:00.000Z',
      previousSha256: '0'.repeat(64),
      entry,
    });
    expect(second).toMatchObject({ sequence: 2, time: '2026-02-01T00:00:01.000Z' });
    const sha256 = createHash('sha256').update(JSON.stringify(first)).digest('hex');
    expect(second?.previousSha256).toBe(sha256);
    database.close();
  });
});
