import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { DynamoUnpublishedEvents } from '#adapters/dynamodb/unpublished-events.ts';
import { InputError, StoreError } from '#domain/errors.ts';
import { carryEvents } from '#lambdas/carry-events/carry-events.ts';
import { nothingYet } from '#lambdas/reconcile/needs.ts';
import { publishAgain } from '#lambdas/reconcile/publish-again.ts';
import { orderedSpan, publishFed } from '#lambdas/reconcile/publish-fed.ts';
import { oldestKept } from '#ports/event-feed.ts';
import type { CloudEvent, Unpublished } from '#ports/messages.ts';
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
  const failing = new Map<string, Omit<Unpublished, 'index'>>();
  const publishAll = async (all: readonly CloudEvent[]) =>
    all.flatMap(({ id }, index) => {
      const failure = failing.get('all') ?? failing.get(id);
      if (failure !== undefined) return [{ index, ...failure }];
      bus.push(id);
      return [];
    });
  const carrying = { unpublished: new DynamoUnpublishedEvents(calls, tables), feed };
  const asked = { organization: 'acme', staleAfterSeconds: 300, requestId: 'run-1' };
  return {
    ...{ clock, bus, failing },
    again: (from: Date, to: Date, hasTime = () => true) => {
      const parts = { registry: { organizations: async () => ['acme', 'other'] }, bus: { publishAll } };
      return publishFed({ ...parts, unpublished: carrying.unpublished }, { from, to }, hasTime);
    },
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

describe('what the feed holds and the bus never took', () => {
  const away = { error: new StoreError('store-unavailable'), never: false };

  async function fedAlone() {
    const way = await opened();
    const from = way.clock.now();
    await way.writeTwice();
    way.failing.set('all', away);
    way.clock.advance(20 * hour);
    await way.carry();
    return { ...way, from };
  }

  it('is published on order, of the span that is named', async () => {
    const { bus, fed, again, failing, clock, mend, from } = await fedAlone();
    clock.advance(30 * hour);
    expect([bus, await fed(), await mend()]).toEqual([[], ['e-1.1.0', 'e-1.2.0', 'e-1.2.1'], []]);
    failing.clear();
    const minuteLater = new Date(from.getTime() + 60_000);
    expect(await again(from, minuteLater)).toBe(1);
    expect(bus).toEqual(['e-1.1.0']);
    expect(await again(minuteLater, new Date(from.getTime() + 60_001))).toBe(2);
    expect(bus).toEqual(await fed());
    expect(await again(new Date(from.getTime() - hour), from)).toBe(0);
    expect(await again(new Date(from.getTime() + 60_001), clock.now())).toBe(0);
  });

  it('is not told to be published while the bus takes none, or there is no time', async () => {
    const { again, failing, clock, from } = await fedAlone();
    await expect(again(from, clock.now())).rejects.toBe(away.error);
    failing.clear();
    await expect(again(from, clock.now(), () => false)).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('is published but for what can never be', async () => {
    const { bus, again, failing, clock, from } = await fedAlone();
    failing.clear();
    failing.set('e-1.2.0', { ...away, never: true });
    expect(await again(from, clock.now())).toBe(2);
    expect(bus).toEqual(['e-1.1.0', 'e-1.2.1']);
  });
});

describe('an order to publish again', () => {
  const order = (from: unknown, to: unknown) => ({ publishAgain: { from, to } });

  it('names a span, and nothing else is one', () => {
    const [from, to] = ['2026-01-05T08:00:00Z', '2026-01-05T09:00:00.000Z'];
    expect(orderedSpan(order(from, to))).toEqual({ from: new Date(from), to: new Date(to) });
    for (const other of [{}, undefined, null, 'publishAgain', { 'detail-type': 'Scheduled Event' }])
      expect(orderedSpan(other)).toBeUndefined();
  });

  it.for([
    order('2026-01-05T08:00:00Z', '2026-01-05T08:00:00Z'),
    order('yesterday', '2026-01-05T08:00:00Z'),
    order('2026-01-05T08:00:00Z', undefined),
    { publishAgain: true },
    {
      publishAgain: {
        ...order('2026-01-05T08:00:00Z', '2026-01-06T08:00:00Z').publishAgain,
        organization: 'acme',
      },
    },
  ])('that cannot be read is refused, and not taken for the clock', (event) => {
    expect(() => orderedSpan(event)).toThrow(InputError);
  });
});
