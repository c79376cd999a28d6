import { afterEach, expect, it } from 'vitest';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { openEventBridge } from '#adapters/eventbridge/client.ts';
import { EventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { carryEvents } from '#lambdas/carry-events/carry-events.ts';
import { oldestKept } from '#ports/event-feed.ts';
import { enrollmentRecord, nextVersion } from '#test/contract/records.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { startEventBridgeDouble } from '#test/doubles/eventbridge/eventbridge-double.ts';
import { type StreamRecord, streamRecordOf } from '#test/support/stream.ts';
import { fakeWaiting } from '../adapters/aws/fake-waiting.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Chance that falls the same for the same seed (mulberry32). */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What may go wrong with a request, each as likely as another. */
const faults: readonly Fault[] = [
  { kind: 'lose-answer' },
  { kind: 'cut' },
  { kind: 'refuse', type: 'ThrottlingException' },
  { kind: 'refuse', type: 'InternalServerError', status: 500 },
  { kind: 'refuse', type: 'AccessDeniedException' },
];

async function openedWay() {
  const [dynamo, eventBridge] = [await startDynamoDouble(), await startEventBridgeDouble()];
  ends.push(dynamo.close, eventBridge.close);
  Object.assign(process.env, dynamo.environment, eventBridge.environment);
  const clock = new ManualClock();
  const waiting = fakeWaiting();
  // So short that some calls are given up, and their records handed out again.
  const settings = { waiting, callMilliseconds: 300 };
  const calls = openDynamoDb();
  const { activity, aggregates } = dynamo.tables;
  return {
    dynamo,
    eventBridge,
    calls,
    aggregates,
    registry: new DynamoRegistry(calls, aggregates, clock),
    reader: new DynamoEventFeed(calls, activity, clock),
    feed: () => new DynamoEventFeedAppender(openDynamoDb(settings), activity, clock),
    bus: () => new EventBridgeBus(openEventBridge(settings), eventBridge.busName),
  };
}

/** Two shards of a stream, each in the order of its writes. */
async function shardsOf(
  { registry, calls, aggregates }: Awaited<ReturnType<typeof openedWay>>,
  seed: number,
) {
  const shards: StreamRecord[][] = [[], []];
  for (let count = 0; count < 6; count += 1) {
    const shard = shards[count % 2] ?? [];
    const first = enrollmentRecord(`s${seed}-${count}`);
    await registry.create(first);
    shard.push(await streamRecordOf(calls, aggregates, first));
    const second = nextVersion(first);
    await registry.replace(second, { version: 1 });
    shard.push(await streamRecordOf(calls, aggregates, second));
  }
  return shards;
}

it('every event reaches the feed once and the bus at least once, whatever goes wrong between', async () => {
  const way = await openedWay();
  for (let seed = 1; seed <= 25; seed += 1) {
    const chance = chanceOf(seed);
    const shards = await shardsOf(way, seed);
    const taken = way.eventBridge.taken.length;
    const misfortune = () => (chance() < 0.3 ? faults[Math.floor(chance() * faults.length)] : undefined);
    way.dynamo.faults.otherwise = misfortune;
    way.eventBridge.faults.otherwise = misfortune;
    way.eventBridge.failEntry = () => (chance() < 0.2 ? 'InternalFailure' : undefined);
    // Each shard has a function of its own, which is given again what it did not carry.
    await Promise.all(
      shards.map(async (shard) => {
        const parts = { feed: way.feed(), bus: way.bus() };
        for (let rest = shard; rest.length > 0; ) {
          const { again, passedOver } = await carryEvents(parts, writtenRecords(rest));
          expect(passedOver).toEqual([]);
          const from = rest.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === again?.recordId);
          // Now and then a record is handed out once more though it was carried.
          rest = from >= 0 ? rest.slice(from) : chance() < 0.2 ? rest.slice(-1) : [];
        }
      }),
    );
    way.dynamo.faults.clear();
    way.eventBridge.faults.clear();
    const { entries } = await way.reader.after('acme', oldestKept, 1_000);
    const inFeed = entries.map(({ event }) => event).filter(({ id }) => id.startsWith(`s${seed}-`));
    const all = shards
      .flat()
      .flatMap((record) => writtenRecords([record]))
      .flatMap(({ events }) => [...Object.values(events)]);
    expect(inFeed.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    for (const count of Array.from({ length: 6 }).keys()) {
      const own = inFeed.filter(({ id }) => id.startsWith(`s${seed}-${count}.`)).map(({ id }) => id);
      expect(own).toEqual([`s${seed}-${count}.1.0`, `s${seed}-${count}.2.0`, `s${seed}-${count}.2.1`]);
    }
    const onBus = way.eventBridge.taken.slice(taken).map(({ detail }) => detail);
    for (const event of all) expect(onBus).toContainEqual(event);
  }
});
