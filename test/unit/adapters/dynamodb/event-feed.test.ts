import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import type { Row } from '#adapters/dynamodb/rows.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import { oldestKept } from '#ports/event-feed.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const day = 24 * 3_600_000;
const start = '2026-03-01T10:00:00.000Z';

/** @param fault what is to come; an answer that never comes is waited for in real time, so for a short one */
async function openedFeed(fault?: Fault) {
  const settings = fault?.kind === 'never-answer' ? { requestMilliseconds: 200 } : {};
  const opened = await openedDynamoDb(settings);
  const { calls, tables, another } = opened;
  const clock = new ManualClock(start);
  const feed = new DynamoEventFeed(calls, tables.activity, clock, 5);
  const table = new Table(calls, tables.activity, shapes.activity);
  const read = async (position: string = oldestKept) => (await feed.after('acme', position, 1_000)).entries;
  return {
    ...opened,
    clock,
    feed,
    table,
    appender: new DynamoEventFeedAppender(calls, tables.activity, clock),
    theirs: new DynamoEventFeedAppender(another(), tables.activity, clock),
    ids: async (position?: string) => (await read(position)).map(({ event }) => event.id),
    positions: async () => (await read()).map(({ position }) => position),
    pages: async () => {
      const found: Row[] = [];
      for await (const row of table.rows({ partition: 'feed#acme' })) found.push(row);
      return found;
    },
  };
}

const eventOf = (id: string, change: Partial<CloudEvent> = {}): CloudEvent => ({
  ...acceptedEvent(id),
  id,
  time: start,
  ...change,
});
const many = (count: number, prefix = 'e') =>
  Array.from({ length: count }, (_, index) => eventOf(`${prefix}-${index}`));
const idsOf = (events: readonly CloudEvent[]) => events.map(({ id }) => id);

describe('append', () => {
  it('keeps a batch as one page, and asks for what is there first', async () => {
    const { appender, ids, pages, requests } = await openedFeed();
    await appender.append('acme', many(3));
    expect(requests()).toEqual(['Query', 'PutItem']);
    expect(await ids()).toEqual(['e-0', 'e-1', 'e-2']);
    expect(await pages()).toHaveLength(1);
  });

  it('leaves out what it holds already, of whichever page, and within a batch', async () => {
    const { appender, ids } = await openedFeed();
    await appender.append('acme', many(3));
    await appender.append('acme', many(5));
    await appender.append('acme', [...many(4), eventOf('e-9'), eventOf('e-9')]);
    expect(await ids()).toEqual(['e-0', 'e-1', 'e-2', 'e-3', 'e-4', 'e-9']);
  });

  it('takes an event of the same id for another where its source is another', async () => {
    const { appender, ids } = await openedFeed();
    await appender.append('acme', [eventOf('e-1')]);
    await appender.append('acme', [eventOf('e-1', { source: '/organizations/acme' })]);
    expect(await ids()).toEqual(['e-1', 'e-1']);
  });

  it('looks back no further than to when an event was borne', async () => {
    const { appender, clock, ids, requests } = await openedFeed();
    for (let count = 0; count < 32; count += 1) {
      await appender.append('acme', [eventOf(`e-${count}`, { time: clock.now().toISOString() })]);
      clock.advance(3_600_000);
    }
    requests();
    await appender.append('acme', [eventOf('late', { time: clock.now().toISOString() })]);
    expect(requests().filter((each) => each === 'Query')).toEqual(['Query']);
    // What the stream hands out again after a day is known all the same.
    await appender.append('acme', [
      eventOf('e-20', { time: new Date(Date.parse(start) + 20 * 3_600_000).toISOString() }),
    ]);
    expect((await ids()).filter((id) => id === 'e-20')).toHaveLength(1);
  });

  it('reads no page twice in a burst, however many were appended since its events were borne', async () => {
    const { appender, theirs, clock, ids, requests } = await openedFeed();
    for (let count = 0; count < 60; count += 1) {
      clock.advance(10_000);
      await (count % 20 === 7 ? theirs : appender).append('acme', [eventOf(`e-${count}`)]);
    }
    requests();
    await appender.append('acme', [eventOf('late')]);
    expect(requests().filter((each) => each === 'Query')).toEqual(['Query']);
    // Whatever comes again is known still, to who wrote it and to who did not.
    await appender.append('acme', [eventOf('e-1'), eventOf('e-7'), eventOf('e-59')]);
    await theirs.append('acme', [eventOf('e-1'), eventOf('e-7'), eventOf('e-59')]);
    expect(new Set(await ids()).size).toBe(61);
    expect(await ids()).toHaveLength(61);
  });

  it('knows what came long before the pages that it has seen', async () => {
    const { appender, theirs, clock, pages, table, requests } = await openedFeed();
    for (let count = 0; count < 30; count += 1) {
      await theirs.append('acme', [eventOf(`e-${count}`, { time: clock.now().toISOString() })]);
      clock.advance(60_000);
    }
    for (const number of [1, 2, 4]) await table.remove('feed#acme', String(number).padStart(12, '0'));
    await appender.append('acme', [eventOf('new', { time: clock.now().toISOString() })]);
    await appender.append('acme', [eventOf('e-10'), eventOf('e-29')]);
    const kept: CloudEvent[][] = (await pages()).map(({ events }) => JSON.parse(String(events)));
    expect(idsOf(kept.flat()).slice(-2)).toEqual(['e-29', 'new']);
    requests();
    await appender.append('acme', [eventOf('e-11')]);
    expect(requests()).toEqual(['Query']);
  });

  it('divides what is more than a page holds, by number and by size', async () => {
    const { appender, ids, pages } = await openedFeed();
    await appender.append('acme', many(250));
    const large = many(7, 'large').map((event) => ({ ...event, data: 'x'.repeat(100_000) }));
    await appender.append('acme', large);
    expect(await ids()).toEqual([...idsOf(many(250)), ...idsOf(large)]);
    expect((await pages()).map(({ events }) => JSON.parse(String(events)).length)).toEqual([
      100, 100, 50, 3, 2, 2,
    ]);
  });

  it('says of an event that is larger than any page that it is', async () => {
    const { appender, ids } = await openedFeed();
    const larger = eventOf('larger', { data: 'x'.repeat(420_000) });
    expect(await outcomeOf(appender.append('acme', [larger]))).toBe('record-too-large');
    expect(await outcomeOf(appender.append('acme', [eventOf('large', { data: 'x'.repeat(390_000) })]))).toBe(
      'done',
    );
    expect(await ids()).toEqual(['large']);
  });

  it('by many at once loses none, repeats none, and leaves no gap in the numbers', async () => {
    const { appender, theirs, ids, pages } = await openedFeed();
    const batches = Array.from({ length: 8 }, (_, index) => many(3, `b${index % 6}`));
    await Promise.all(batches.map((batch, index) => (index % 2 ? appender : theirs).append('acme', batch)));
    expect((await ids()).toSorted()).toEqual([...new Set(batches.flatMap(idsOf))].toSorted());
    expect((await pages()).map(({ record }) => Number(record))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each<Fault>([
    { kind: 'lose-answer' },
    { kind: 'never-answer' },
    { kind: 'cut' },
    { kind: 'refuse', type: 'ThrottlingException' },
  ])('keeps each event once through a wire that fails: $kind', async (fault) => {
    const { appender, theirs, double, ids, meanwhile } = await openedFeed(fault);
    await appender.append('acme', [eventOf('e-0')]);
    double.faults.plan('PutItem', fault, 1);
    // Somebody else's page may come between the two requests.
    meanwhile(() => theirs.append('acme', [eventOf('theirs')]));
    await appender.append('acme', [eventOf('e-1')]);
    expect((await ids()).toSorted()).toEqual(['e-0', 'e-1', 'theirs']);
  });
});

describe('the table', () => {
  it('forgets every page but the newest, eight days after it was appended', async () => {
    const { appender, clock, pages } = await openedFeed();
    for (const id of ['e-1', 'e-2', 'e-3']) {
      await appender.append('acme', [eventOf(id)]);
      clock.advance(1_000);
    }
    const first = Date.parse(start) / 1_000 + (8 * day) / 1_000;
    expect((await pages()).map(({ expires }) => expires)).toEqual([first, first + 1, undefined]);
  });

  it('is told later of a page that it could not be told of', async () => {
    const { appender, double, pages } = await openedFeed();
    await appender.append('acme', [eventOf('e-1')]);
    let puts = 0;
    double.faults.otherwise = (operation) => {
      puts += operation === 'PutItem' ? 1 : 0;
      return puts === 2 ? { kind: 'refuse', type: 'AccessDeniedException' } : undefined;
    };
    await appender.append('acme', [eventOf('e-2')]);
    double.faults.clear();
    expect((await pages()).map(({ expires }) => expires === undefined)).toEqual([true, true]);
    await appender.append('acme', [eventOf('e-3')]);
    expect((await pages()).map(({ expires }) => expires === undefined)).toEqual([false, false, true]);
  });

  it('may have forgotten what it may: a position at the end stays good, those before are told as gone', async () => {
    const { appender, clock, feed, table, ids, positions } = await openedFeed();
    for (const id of ['e-1', 'e-2', 'e-3']) await appender.append('acme', [eventOf(id)]);
    const [first = '', second = '', third = ''] = await positions();
    clock.advance(9 * day);
    await table.remove('feed#acme', '000000000001');
    for (const position of [first, second]) {
      expect(await outcomeOf(feed.after('acme', position, 10))).toBe('invalid-input');
    }
    expect(await ids(third)).toEqual([]);
    expect(await ids()).toEqual([]);
    await table.remove('feed#acme', '000000000002');
    await appender.append('acme', [eventOf('e-4', { time: clock.now().toISOString() })]);
    for (const position of [third, oldestKept]) expect(await ids(position)).toEqual(['e-4']);
    expect(await outcomeOf(feed.after('acme', second, 10))).toBe('invalid-input');
  });

  it('may forget pages out of their order', async () => {
    const { appender, clock, feed, table, ids, positions } = await openedFeed();
    for (const id of ['e-1', 'e-2', 'e-3']) await appender.append('acme', [eventOf(id)]);
    const [first = ''] = await positions();
    clock.advance(9 * day);
    await table.remove('feed#acme', '000000000002');
    expect(await outcomeOf(feed.after('acme', first, 10))).toBe('invalid-input');
    expect(await ids()).toEqual([]);
  });
});

describe('after', () => {
  it.each([
    '0.0',
    '1.1',
    '1.3',
    '2.1',
    '3.0',
    '01.0',
    '1.01',
    '1',
    '1.',
    '.1',
    '9999999999999.0',
    '1.0 ',
    '١.0',
  ])(
    'says that "%s" is no position of a feed of one page with two events, of which the second is read alone',
    async (position) => {
      const { appender, feed } = await openedFeed();
      await appender.append('acme', many(2));
      const outcome = await outcomeOf(feed.after('acme', position, 10));
      expect(outcome).toBe(position === '1.1' ? 'done' : 'invalid-input');
    },
  );

  it('gives every event once, in order, whatever the sizes of pages and of what is asked for', async () => {
    const { appender, feed } = await openedFeed();
    const events: CloudEvent[] = [];
    for (const [index, size] of [1, 4, 2, 7, 1, 3].entries()) {
      const batch = many(size, `p${index}`);
      events.push(...batch);
      await appender.append('acme', batch);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 18, maxLength: 18 }),
        async (limits) => {
          const seen: string[] = [];
          let position: string = oldestKept;
          for (const limit of limits) {
            const page = await feed.after('acme', position, limit);
            expect(page.entries.length).toBeLessThanOrEqual(limit);
            seen.push(...page.entries.map(({ event }) => event.id));
            position = page.position;
          }
          expect(seen).toEqual(idsOf(events));
        },
      ),
      { numRuns: 8 },
    );
  });

  it('never shows an event before one that was kept earlier, while others append', async () => {
    const { appender, theirs, feed } = await openedFeed();
    let position = (await feed.after('acme', undefined, 1)).position;
    const seen: string[] = [];
    let writing = true;
    const writers = Promise.all(
      [appender, theirs].map(async (writer, index) => {
        for (let count = 0; count < 8; count += 1)
          await writer.append('acme', [eventOf(`w${index}-${count}`)]);
      }),
    ).finally(() => {
      writing = false;
    });
    while (writing || seen.length < 16) {
      const page = await feed.after('acme', position, 3);
      seen.push(...page.entries.map(({ event }) => event.id));
      position = page.position;
    }
    await writers;
    const all = (await feed.after('acme', oldestKept, 100)).entries.map(({ event }) => event.id);
    expect(seen).toEqual(all);
    expect(new Set(seen).size).toBe(16);
  });
});

describe('changed', () => {
  it('goes on asking until there is more', async () => {
    const { appender, feed, double } = await openedFeed();
    await appender.append('acme', many(3));
    const { position } = await feed.after('acme', undefined, 1);
    let asked = 0;
    double.faults.otherwise = (operation) => {
      asked += operation === 'Query' ? 1 : 0;
      return undefined;
    };
    const waiting = feed.changed('acme', position, new AbortController().signal);
    await expect.poll(() => asked).toBeGreaterThan(4);
    await appender.append('acme', [eventOf('e-9')]);
    expect(await waiting).toBe(true);
  });

  it('tells what is wrong with a position at once', async () => {
    const { feed } = await openedFeed();
    const forever = new AbortController().signal;
    for (const position of ['7.0', 'x']) {
      expect(await outcomeOf(feed.changed('acme', position, forever))).toBe('invalid-input');
    }
  });
});
