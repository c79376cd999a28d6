import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import type { EnrollmentState } from '#domain/enrollment.ts';
import type { EnrollmentQuery } from '#ports/registry.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryOutbox, MemoryRegistry } from '#test/doubles/memory-registry.ts';
import type { OutboxParts } from './outbox.contract.ts';
import { enrollmentRecord } from './records.ts';
import { onDataFolder, outcomeOf } from './subject.ts';

const ids = fc.constantFrom('e-1', 'e-2', 'e-10', 'E-1', 'e-1.1');
const organizations = fc.constantFrom('acme', 'other');
const subscribers = fc.constantFrom('s-1', 's-2');
const states: readonly EnrollmentState[] = ['accepted', 'making', 'ready'];

const record = fc
  .record({
    id: ids,
    organization: organizations,
    version: fc.integer({ min: 1, max: 4 }),
    state: fc.constantFrom(...states),
    subscriberId: subscribers,
    purpose: fc.constantFrom('identity', 'encryption'),
    familyName: fc.string({ unit: 'grapheme', maxLength: 8 }),
    bears: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ id, subscriberId, familyName, bears, ...rest }) =>
    enrollmentRecord(id, {
      ...rest,
      subscriber: { id: subscriberId, givenName: '', familyName, email: '' },
      events: Array.from({ length: bears }, () => ({
        name: 'EnrollmentAccepted',
        data: { enrollmentId: id, purpose: rest.purpose },
      })),
    }),
  );

/** One call, made on either implementation; what it answers is compared. */
type Call = (parts: OutboxParts, clock: ManualClock) => Promise<unknown>;

const create = record.map(
  (each): Call =>
    ({ registry }) =>
      outcomeOf(registry.create(each)),
);
const replace = fc.tuple(record, fc.subarray([...states])).map(
  ([each, allowed]): Call =>
    ({ registry }) =>
      outcomeOf(registry.replace(each, { version: each.version - 1, states: allowed })),
);
const read = fc.tuple(organizations, ids).map(
  ([organization, id]): Call =>
    ({ registry }) =>
      registry.read('enrollment', organization, id),
);
const list = fc
  .record(
    {
      organization: organizations,
      subscriberId: subscribers,
      states: fc.subarray([...states]),
      purpose: fc.constantFrom('identity', 'encryption'),
      cursor: ids,
      limit: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ['organization', 'limit'] },
  )
  .map(
    (query: EnrollmentQuery): Call =>
      ({ registry }) =>
        registry.enrollments(query),
  );
const count = organizations.map(
  (organization): Call =>
    ({ registry }) =>
      registry.counts(organization),
);
const publish = fc.integer({ min: 1, max: 3 }).map(
  (limit): Call =>
    async ({ outbox }) => {
      const pending = await outbox.pending(limit);
      const last = pending.at(-1);
      if (last !== undefined) await outbox.published(last.position);
      return pending.map(({ event }) => event);
    },
);

it('SqliteRegistry and its outbox answer any sequence of calls as the ones in memory do', async () => {
  const calls = fc.array(fc.oneof({ arbitrary: replace, weight: 3 }, create, read, list, count, publish), {
    maxLength: 40,
  });
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
          expect(await call(real, clock)).toEqual(await call(model, clock));
        }
        expect(await real.outbox.pending(1_000)).toEqual(await outbox.pending(1_000));
      } finally {
        await real.close();
      }
    }),
    { numRuns: 100 },
  );
});
