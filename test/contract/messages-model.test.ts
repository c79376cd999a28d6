import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SqliteEventBus } from '#adapters/sqlite/event-bus.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { SqliteOrganizationQueues } from '#adapters/sqlite/organization-queues.ts';
import type { Message } from '#ports/messages.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryEventBus, MemoryMessageQueues } from '#test/doubles/memory-messages.ts';
import { type MessageParts, testSubscriptions } from './messages.contract.ts';
import { acceptedEvent } from './records.ts';
import { onDataFolder } from './subject.ts';

/** An implementation, and every delivery that it made: calls name a delivery by its place in this list. */
interface Run extends MessageParts {
  deliveries: Message[];
}

/** One call, made on either implementation; what it answers is compared. */
type Call = (run: Run) => Promise<unknown>;
type Step = { advance: number } | { call: Call };

const seconds = fc.integer({ min: 0, max: 40 });
const place = fc.nat({ max: 12 });

const publish = fc
  .tuple(fc.constantFrom('e-1', 'e-2', 'e-3'), fc.constantFrom('EnrollmentAccepted', 'EnrollmentRefused'))
  .map(
    ([id, type]): Call =>
      ({ bus }) =>
        bus.publish(acceptedEvent(id, type)),
  );
const receive = fc.tuple(fc.constantFrom('maker', 'teller'), fc.integer({ min: 1, max: 3 }), seconds).map(
  ([consumer, limit, visibility]): Call =>
    async ({ queues, deliveries }) => {
      const messages = await queues.receive(consumer, limit, visibility);
      deliveries.push(...messages);
      return messages.map(({ receipt: _, ...seen }) => seen);
    },
);
const acknowledge = place.map((index) =>
  onDelivery(index, ({ queues }, message) => queues.acknowledge(message)),
);
const release = fc
  .tuple(place, seconds)
  .map(([index, delay]) => onDelivery(index, ({ queues }, message) => queues.release(message, delay)));
const bury = place.map((index) =>
  onDelivery(index, ({ queues }, message) => queues.bury(message, 'internal')),
);
const redrive = fc.nat({ max: 2 }).map(
  (index): Call =>
    async ({ queues }) => {
      const letter = (await queues.deadLetters())[index];
      if (letter !== undefined) await queues.redrive(letter.id);
    },
);

function onDelivery(index: number, work: (run: Run, message: Message) => Promise<void>): Call {
  return async (run) => {
    const message = run.deliveries[index];
    if (message !== undefined) await work(run, message);
  };
}

async function stateOf({ queues, organizationQueues }: Run): Promise<unknown> {
  const letters = await queues.deadLetters();
  return {
    depth: await queues.depth(),
    nextVisible: await queues.nextVisible(),
    backlog: await organizationQueues.backlog('acme'),
    dead: await organizationQueues.countDeadLetters('acme'),
    letters: letters.map(({ id: _, ...letter }) => letter),
  };
}

it('the queues on SQLite answer any sequence of calls as the ones in memory do', async () => {
  const calls = fc.oneof({ arbitrary: receive, weight: 3 }, publish, acknowledge, release, bury, redrive);
  const step = fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ advance: fc.integer({ min: 1, max: 30_000 }) }),
    fc.record({ call: calls }),
    fc.record({ call: calls }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new ManualClock();
      const memory = new MemoryMessageQueues(clock);
      const model: Run = {
        queues: memory,
        organizationQueues: memory,
        bus: new MemoryEventBus(memory, testSubscriptions),
        deliveries: [],
      };
      const real = onDataFolder(({ database }) => ({
        queues: new SqliteMessageQueues(database, clock),
        organizationQueues: new SqliteOrganizationQueues(database, clock),
        bus: new SqliteEventBus(database, clock, testSubscriptions),
        deliveries: [] as Message[],
      }));
      try {
        for (const each of steps) {
          if ('advance' in each) clock.advance(each.advance);
          else expect(await each.call(real)).toEqual(await each.call(model));
          expect(await stateOf(real)).toEqual(await stateOf(model));
        }
      } finally {
        await real.close();
      }
    }),
    { numRuns: 100 },
  );
});
