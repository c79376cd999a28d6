import { expect, it } from 'vitest';
import { SqliteIdempotencyKeys } from '#adapters/sqlite/idempotency-keys.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryIdempotencyKeys } from '#test/doubles/memory-idempotency-keys.ts';
import { idempotencyKeysContract } from './idempotency-keys.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

const onSqlite = (clock: ManualClock) =>
  onDataFolder(({ database }) => ({
    idempotencyKeys: new SqliteIdempotencyKeys(database, clock),
    count: () => Number(database.prepare('SELECT count(*) AS count FROM idempotency_keys').get()?.['count']),
  }));

idempotencyKeysContract('SqliteIdempotencyKeys', onSqlite);
idempotencyKeysContract('MemoryIdempotencyKeys', (clock) =>
  inMemory({ idempotencyKeys: new MemoryIdempotencyKeys(clock) }),
);

it('SqliteIdempotencyKeys clears ended claims away as others come, a few at a time', async () => {
  const clock = new ManualClock();
  const subject = onSqlite(clock);
  const claim = (id: string) =>
    subject.idempotencyKeys.claim('acme', id, 'one', new Date(clock.now().getTime() + 1_000));
  for (let index = 0; index < 40; index += 1) await claim(`early-${index}`);
  clock.advance(1_000);
  await claim('late-0');
  expect(subject.count()).toBe(40 - 8 + 1);
  for (let index = 1; index < 5; index += 1) await claim(`late-${index}`);
  expect(subject.count()).toBe(5);
  await subject.close();
});
