import { afterEach, beforeEach, expect, it } from 'vitest';
import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { DynamoUnpublishedEvents } from '#adapters/dynamodb/unpublished-events.ts';
import { carryEvents } from '#lambdas/carry-events/carry-events.ts';
import { nothingYet } from '#lambdas/reconcile/needs.ts';
import { publishAgain } from '#lambdas/reconcile/publish-again.ts';
import { oldestKept } from '#ports/event-feed.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { enrollmentRecord, nextVersion } from '#test/contract/records.ts';
import { type StreamRecord, streamRecordOf } from '#test/support/stream.ts';
import { makeWorld, type World } from '#test/support/world.ts';
import { openedDynamoDb } from '../adapters/dynamodb/opened-dynamodb.ts';

const hour = 3_600_000;
let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

/** A stream that nobody has followed yet, and a reconciler beside it. */
async function opened() {
  const { calls, tables } = await openedDynamoDb();
  const { clock } = world.dependencies;
  const registry = new DynamoRegistry(calls, tables.aggregates, clock);
  const feed = new DynamoEventFeedAppender(calls, tables.activity, clock);
  const reader = new DynamoEventFeed(calls, tables.activity, clock);
  const stream: StreamRecord[] = [];
  const bus: string[] = [];
  const events = { publish: async ({ id }: CloudEvent) => void bus.push(id) };
  const publishAll = async (all: readonly CloudEvent[]) => {
    bus.push(...all.map(({ id }) => id));
    return [];
  };
  const carrying = { unpublished: new DynamoUnpublishedEvents(calls, tables), feed };
  const asked = { organization: 'acme', staleAfterSeconds: 300, requestId: 'run-1' };
  return {
    clock,
    bus,
    /** Two versions of one enrollment, a minute apart. */
    writeTwice: async () => {
      const first = enrollmentRecord('e-1');
      await registry.create(first);
      stream.push(await streamRecordOf(calls, tables.aggregates, first));
      clock.advance(60_000);
      const second = nextVersion(first);
      await registry.replace(second, { version: 1 });
      stream.push(await streamRecordOf(calls, tables.aggregates, second));
    },
    carry: () => carryEvents({ feed, bus: { publishAll } }, writtenRecords(stream)),
    mend: async () => {
      const done = nothingYet();
      await publishAgain({ ...world.dependencies, registry, events, carrying }, asked, done);
      return done.publishedAgain;
    },
    fed: async () => {
      const { entries } = await reader.after('acme', oldestKept, 100);
      return entries.map(({ event }) => event.id);
    },
  };
}

it('what a stream is only late with is left to it, so that the feed keeps the order of the writes', async () => {
  const { clock, bus, writeTwice, carry, mend, fed } = await opened();
  await writeTwice();
  for (let late = 0; late < 23; late += 1) {
    clock.advance(hour);
    expect(await mend()).toEqual([]);
  }
  await carry();
  expect(await fed()).toEqual(['e-1.1.0', 'e-1.2.0', 'e-1.2.1']);
  expect(bus).toEqual(await fed());
  clock.advance(3 * hour);
  expect(await mend()).toEqual([]);
});

it('what no stream can hand out any more is published: of the version that stands', async () => {
  const { clock, bus, writeTwice, mend, fed } = await opened();
  await writeTwice();
  clock.advance(24 * hour + 1);
  expect(await mend()).toEqual(['e-1.2.0', 'e-1.2.1']);
  expect([bus, await fed()]).toEqual([
    ['e-1.2.0', 'e-1.2.1'],
    ['e-1.2.0', 'e-1.2.1'],
  ]);
  expect(await mend()).toEqual([]);
});
