import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodeOf } from '#domain/error-codes.ts';
import { StoreError } from '#domain/errors.ts';
import { carryEvents } from '#lambdas/carry-events/carry-events.ts';
import type { EventFeedWriter } from '#ports/event-feed.ts';
import type { CloudEvent, EventPublisher } from '#ports/messages.ts';
import type { WrittenRecord } from '#ports/written-records.ts';
import { acceptedEvent } from '#test/contract/records.ts';

const failure = (code: CodeOf<'store'> = 'store-unavailable') => new StoreError(code);

/** What was done, in order: `feed e-1` and `bus e-1`. */
class Way implements EventFeedWriter, EventPublisher {
  readonly done: string[] = [];
  readonly feedFails: (event: CloudEvent) => StoreError | undefined;
  readonly busFails: (event: CloudEvent) => { error: StoreError; never: boolean } | undefined;

  constructor(feedFails: Way['feedFails'] = () => undefined, busFails: Way['busFails'] = () => undefined) {
    this.feedFails = feedFails;
    this.busFails = busFails;
  }

  async append(_organization: string, events: readonly CloudEvent[]): Promise<void> {
    for (const event of events) {
      const error = this.feedFails(event);
      if (error !== undefined) throw error;
    }
    this.done.push(...events.map(({ id }) => `feed ${id}`));
  }

  async publishAll(events: readonly CloudEvent[]) {
    return events.flatMap((event, index) => {
      const failed = this.busFails(event);
      if (failed !== undefined) return [{ index, ...failed }];
      this.done.push(`bus ${event.id}`);
      return [];
    });
  }
}

const borne = (id: string, organization = 'acme'): CloudEvent => ({
  ...acceptedEvent(id),
  id,
  source: `/organizations/${organization}/enrollments/${id}`,
});
const record = (id: string, ...events: CloudEvent[]): WrittenRecord => ({ id: `r-${id}`, events });
const carry = (way: Way, records: WrittenRecord[]) => carryEvents({ feed: way, bus: way }, records);
const three = ['1', '2', '3'].map((id) => record(id, borne(`${id}a`), borne(`${id}b`)));
const isOf =
  (...ids: string[]) =>
  (event: CloudEvent) =>
    ids.includes(event.id);

describe('carryEvents', () => {
  it('carries all into the feed before any is published, each in its order', async () => {
    const way = new Way();
    expect(await carry(way, three)).toEqual({ published: 6, passedOver: [] });
    const ids = ['1a', '1b', '2a', '2b', '3a', '3b'];
    expect(way.done).toEqual([...ids.map((id) => `feed ${id}`), ...ids.map((id) => `bus ${id}`)]);
  });

  it('carries nothing of records that bear nothing', async () => {
    const way = new Way();
    expect(await carry(way, [record('1'), record('2')])).toEqual({ published: 0, passedOver: [] });
    expect(way.done).toEqual([]);
  });

  it('asks for the first record that the feed did not take, and publishes only what is before it', async () => {
    const way = new Way((event) => (isOf('2b')(event) ? failure() : undefined));
    const other = record('0', borne('0', 'other'));
    const carried = await carry(way, [other, ...three]);
    expect(carried).toMatchObject({
      again: { recordId: 'r-1', error: { code: 'store-unavailable' } },
      published: 1,
    });
    expect(way.done).toEqual(['feed 0', 'bus 0']);
  });

  it('waits for no further feed where one did not answer, but for those of which an event is published', async () => {
    const asked: string[] = [];
    const way = new Way((event) => {
      asked.push(event.id);
      if (event.id === '0') return failure('record-too-large');
      return isOf('2', '3')(event) ? failure() : undefined;
    });
    const events = [borne('0'), borne('1', 'other'), borne('2'), borne('3', 'third'), borne('4', 'fourth')];
    const carried = await carry(
      way,
      events.map((event) => record(event.id, event)),
    );
    expect(carried.again?.recordId).toBe('r-2');
    expect(way.done).toEqual(['feed 1', 'bus 0', 'bus 1']);
    expect(new Set(asked)).toEqual(new Set(['0', '1', '2']));
  });

  it('asks for the first record of which an event was not published', async () => {
    const way = new Way(undefined, (event) =>
      isOf('3a', '2b')(event) ? { error: failure('store-misconfigured'), never: false } : undefined,
    );
    const carried = await carry(way, three);
    expect(carried).toMatchObject({
      again: { recordId: 'r-2', error: { code: 'store-misconfigured' } },
      published: 4,
    });
    expect(carried.passedOver).toEqual([]);
  });

  it('passes over what can never be published, and tells it', async () => {
    const error = failure('record-too-large');
    const way = new Way(undefined, (event) => (isOf('2a')(event) ? { error, never: true } : undefined));
    expect(await carry(way, three)).toEqual({
      published: 5,
      passedOver: [{ recordId: 'r-2', eventId: '2a', error }],
    });
  });

  it('passes over what no feed takes, keeps the others there, and publishes all', async () => {
    const error = failure('record-too-large');
    const way = new Way((event) => (isOf('2a')(event) ? error : undefined));
    expect(await carry(way, three)).toEqual({
      published: 6,
      passedOver: [{ recordId: 'r-2', eventId: '2a', error }],
    });
    expect(way.done.filter((each) => each.startsWith('feed'))).toEqual(
      ['1a', '1b', '2b', '3a', '3b'].map((id) => `feed ${id}`),
    );
  });

  it('passes over a record that cannot be read, and tells it', async () => {
    const error = failure('object-damaged');
    const way = new Way();
    const carried = await carry(way, [{ id: 'r-0', events: error }, ...three]);
    expect(carried).toEqual({ published: 6, passedOver: [{ recordId: 'r-0', error }] });
  });

  it('loses nothing to any failure that passes: what is asked for again carries the rest', async () => {
    const world = fc.record({
      sizes: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }),
      organizations: fc.infiniteStream(fc.constantFrom('acme', 'other')),
      failures: fc.array(fc.boolean(), { maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ sizes, organizations, failures }) => {
        const records = sizes.map((size, place) => {
          const organization = organizations.next().value ?? 'acme';
          return record(
            String(place),
            ...Array.from({ length: size }, (_, index) => borne(`${place}.${index}`, organization)),
          );
        });
        const all = records.flatMap(({ events }) =>
          events instanceof Error ? [] : events.map(({ id }) => id),
        );
        const left = [...failures];
        const fails = () => (left.shift() === true ? failure() : undefined);
        const way = new Way(fails, () => {
          const error = fails();
          return error && { error, never: false };
        });
        let rest = records;
        for (let turn = 0; rest.length > 0; turn += 1) {
          expect(turn).toBeLessThan(100);
          const { again } = await carry(way, rest);
          rest = again === undefined ? [] : rest.slice(rest.findIndex(({ id }) => id === again.recordId));
        }
        for (const id of all) {
          expect(way.done).toContain(`bus ${id}`);
          expect(way.done.indexOf(`feed ${id}`)).toBeLessThan(way.done.indexOf(`bus ${id}`));
          expect(way.done).toContain(`feed ${id}`);
        }
      }),
    );
  });
});
