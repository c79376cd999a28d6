import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { type Database, openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteLedger } from '#adapters/sqlite/ledger.ts';
import { mainSchema } from '#adapters/sqlite/schema.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { readLedger, verifyLedger } from '#test/support/kept-ledger.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const entry = (organization: string, requestId: string) =>
  ({ action: 'a', organization, principal: 'p', outcome: 'done', enrollmentId: 'enr_a', requestId }) as const;

/** A data folder as the version before left it: three entries of one organization and one of nobody, in the form of then. */
function dataOfBefore(change = ''): string[] {
  const old = new DatabaseSync(folder('escrow.db'));
  const step = mainSchema.findIndex((each) => each.includes('ledger_of_before'));
  for (const each of mainSchema.slice(0, step)) old.exec(each);
  const insert = old.prepare('INSERT INTO ledger (organization, sequence, body, sha256) VALUES (?, ?, ?, ?)');
  const digests: string[] = [];
  let previousSha256 = '0'.repeat(64);
  for (const sequence of [1, 2, 3]) {
    const time = `2026-01-05T08:00:0${sequence}.000Z`;
    const body = JSON.stringify({ sequence, time, previousSha256, entry: entry('acme', `r-${sequence}`) });
    previousSha256 = digestOf(body);
    insert.run('acme', sequence, body, previousSha256);
    digests.push(previousSha256);
  }
  const body = JSON.stringify({
    sequence: 1,
    time: '2026-01-05T08:00:00.000Z',
    previousSha256: '0'.repeat(64),
    entry: entry('', 'r-0'),
  });
  insert.run('', 1, body, digestOf(body));
  old.exec(`${change}; PRAGMA user_version = ${step}`);
  old.close();
  return digests;
}

function opened(): Database {
  return openDatabase(folder('escrow.db'));
}

it('keeps the entries of before in the form of today, from which the former chain can be computed', async () => {
  const digests = dataOfBefore();
  const database = opened();
  const lines = readLedger(database, 'acme');
  expect(lines.map(({ sequence, time, id, entry: kept }) => ({ sequence, time, id, kept }))).toEqual([
    ...[1, 2, 3].map((sequence) => ({
      sequence,
      time: `2026-01-05T08:00:0${sequence}.000Z`,
      id: `led_${digests[sequence - 1]}`,
      kept: entry('acme', `r-${sequence}`),
    })),
    {
      sequence: 4,
      time: expect.any(String),
      id: expect.stringMatching(/^led_[0-9a-f]{64}$/),
      kept: {
        action: 'move-ledger',
        organization: 'acme',
        principal: 'service',
        outcome: 'done',
        about: [digests[2]],
      },
    },
  ]);
  const formerly = lines.slice(0, 3).map(({ sequence, time, entry: kept }, index) => {
    const previousSha256 = digests[index - 1] ?? '0'.repeat(64);
    return digestOf(JSON.stringify({ sequence, time, previousSha256, entry: kept }));
  });
  expect(formerly).toEqual(digests);
  expect(readLedger(database, '').map(({ entry: { action } }) => action)).toEqual(['a', 'move-ledger']);
  await new SqliteLedger(database, new ManualClock()).record(entry('acme', 'r-9'));
  expect(readLedger(database, 'acme')).toHaveLength(5);
  expect([verifyLedger(database, 'acme'), verifyLedger(database, '')]).toEqual([undefined, undefined]);
  database.close();
});

it('moves them once', () => {
  dataOfBefore();
  opened().close();
  const database = opened();
  expect(readLedger(database, 'acme')).toHaveLength(4);
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'ledger_of_before'").all()).toEqual(
    [],
  );
  database.close();
});

it('goes on where its end came between the new table and the moving', () => {
  dataOfBefore();
  const half = new DatabaseSync(folder('escrow.db'));
  const step = mainSchema.findIndex((each) => each.includes('ledger_of_before'));
  half.exec(`BEGIN; ${mainSchema.slice(step).join(';')}; PRAGMA user_version = ${mainSchema.length}; COMMIT`);
  half.close();
  const database = opened();
  expect(readLedger(database, 'acme')).toHaveLength(4);
  database.close();
});

const unguarded =
  'DROP TRIGGER ledger_unaltered; DROP TRIGGER ledger_undeleted; DROP TRIGGER ledger_in_sequence';
const third = "WHERE organization = 'acme' AND sequence = 2";

it.each([
  ['altered', `UPDATE ledger SET body = replace(body, 'r-2', 'r-9') ${third}`, 2, 4],
  ['made unreadable', `UPDATE ledger SET body = 'none' ${third}`, 2, 4],
  ['emptied', `UPDATE ledger SET body = '{}' ${third}`, 2, 4],
  ['taken out', `DELETE FROM ledger ${third}`, 3, 3],
  [
    'doubled',
    `UPDATE ledger SET (body, sha256) = (SELECT body, sha256 FROM ledger WHERE organization = 'acme' AND sequence = 1) ${third}`,
    2,
    4,
  ],
])('says at the end of the chain that an entry of before had been %s', (_, change, broken, length) => {
  const digests = dataOfBefore(`${unguarded}; ${change}`);
  const database = opened();
  const lines = readLedger(database, 'acme');
  expect(lines).toHaveLength(length);
  expect(lines.at(-1)?.entry).toMatchObject({
    ...{ action: 'move-ledger', outcome: 'failed', code: 'object-damaged' },
    about: [digests[2], `entry ${broken}`],
  });
  expect(verifyLedger(database, 'acme')).toBeUndefined();
  database.close();
});
