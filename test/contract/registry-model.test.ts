import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryOutbox, MemoryRegistry } from '#test/doubles/memory-registry.ts';
import type { OutboxParts } from './outbox.contract.ts';
import { registryCalls } from './registry-calls.ts';
import { onDataFolder } from './subject.ts';
import { onDynamoDb } from './subject-dynamodb.ts';

const publish = fc.integer({ min: 1, max: 3 }).map((limit) => async ({ outbox }: OutboxParts) => {
  const pending = await outbox.pending(limit);
  const last = pending.at(-1);
  if (last !== undefined) await outbox.published(last.position);
  return pending.map(({ event }) => event);
});

it('SqliteRegistry and its outbox answer any sequence of calls as the ones in memory do', async () => {
  const calls = fc.array(fc.oneof({ arbitrary: registryCalls, weight: 7 }, publish), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(calls, async (sequence) => {
      const clock = new ManualClock();
      const outbox = new MemoryOutbox();
      const model: OutboxParts = { registry: new MemoryRegistry(clock, outbox), outbox };
      const real = onDataFolder(({ database }) => ({
        registry: new SqliteRegistry(database, clock),
        outbox: new SqliteOutbox(database, clock),
      }));
      try {
        for (const call of sequence) {
          clock.advance(1_000);
          expect(await call(real)).toEqual(await call(model));
        }
        expect(await real.outbox.pending(1_000)).toEqual(await outbox.pending(1_000));
      } finally {
        await real.close();
      }
    }),
    { numRuns: 100 },
  );
});

it('DynamoRegistry answers any sequence of calls as the one in memory does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(registryCalls, { maxLength: 40 }), async (sequence) => {
      const clock = new ManualClock();
      const model = { registry: new MemoryRegistry(clock) };
      const real = await onDynamoDb(({ calls, tables }) => ({
        registry: new DynamoRegistry(calls, tables.aggregates, clock),
      }));
      try {
        for (const call of sequence) expect(await call(real)).toEqual(await call(model));
      } finally {
        await real.close();
      }
    }),
    { numRuns: 30 },
  );
});
