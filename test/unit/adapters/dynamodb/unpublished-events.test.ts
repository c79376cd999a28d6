import { describe, expect, it } from 'vitest';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { DynamoUnpublishedEvents } from '#adapters/dynamodb/unpublished-events.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { enrollmentRecord, nextVersion, organizationRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const start = '2026-03-01T10:07:00.000Z';
const minute = 60_000;

async function opened() {
  const { calls, tables, requests } = await openedDynamoDb();
  const clock = new ManualClock(start);
  const unpublished = new DynamoUnpublishedEvents(calls, tables);
  const at = (minutes: number) => new Date(Date.parse(start) + minutes * minute);
  const find = (from: number, to: number, { organization = 'acme', beginnings = [''] } = {}) =>
    unpublished.find(organization, beginnings, at(from), at(to));
  const registry = new DynamoRegistry(calls, tables.aggregates, clock);
  return {
    ...{ clock, requests, registry, find },
    feed: new DynamoEventFeedAppender(calls, tables.activity, clock),
    found: async (...asked: Parameters<typeof find>) => (await find(...asked)).map(({ id }) => id),
    /** Enrollments, one a minute. @returns the events of each */
    write: async (count: number) => {
      const borne: CloudEvent[][] = [];
      for (let number = 0; number < count; number += 1) {
        const record = enrollmentRecord(`e-${String(number).padStart(4, '0')}`);
        await registry.create(record);
        borne.push(eventsBorneBy(record, clock.now().toISOString()));
        clock.advance(minute);
      }
      return borne;
    },
  };
}

describe('events that a stream lost', () => {
  it('are those of records as they stand that the feed does not hold, as the stream would have told them', async () => {
    const { feed, find, write } = await opened();
    const [lost = [], carried = []] = await write(2);
    await feed.append('acme', carried);
    expect(await find(0, 2)).toEqual(lost);
  });

  it('are none of what a later write replaced, which bears its own', async () => {
    const { registry, found, clock } = await opened();
    const record = enrollmentRecord('e-1');
    await registry.create(record);
    clock.advance(20 * minute);
    await registry.replace(nextVersion(record), { version: 1 });
    expect(await found(0, 19)).toEqual([]);
    expect(await found(20, 21)).toEqual(['e-1.2.0', 'e-1.2.1']);
  });

  it('are found to the millisecond, and of an organization alone', async () => {
    const { registry, found, write } = await opened();
    await write(12);
    await registry.create(enrollmentRecord('other', { organization: 'acme-2' }));
    expect(await found(2, 10)).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((number) => `e-000${number}.1.0`));
    expect(await found(0, 100, { organization: 'acme-2' })).toEqual(['other.1.0']);
  });

  it('are those of the ids whose turn it is, and of the organization itself each time, in the order of the writes', async () => {
    const { registry, found, write } = await opened();
    await write(25);
    const events = [{ name: 'OrganizationSettingsChanged', data: { fields: ['contact'] } }] as const;
    await registry.create({ ...organizationRecord('acme'), events });
    const beginnings = ['e-002', 'e-0011'];
    const those = [11, 20, 21, 22, 23, 24].map((number) => `e-00${number}.1.0`);
    expect(await found(0, 60, { beginnings })).toEqual([...those, 'organization.1.0']);
    expect(await found(0, 60, { beginnings: ['f'] })).toEqual(['organization.1.0']);
  });

  it('are those of the service’s own organization, too', async () => {
    const { registry, find } = await opened();
    await registry.create(enrollmentRecord('e-1', { organization: '_canary' }));
    const sources = (await find(0, 1, { organization: '_canary' })).map(({ source }) => source);
    expect(sources).toEqual(['/organizations/_canary/enrollments/e-1']);
  });

  it('cost no look at the feed where no record bears any that was written then', async () => {
    const { registry, found, requests, clock } = await opened();
    await registry.create(enrollmentRecord('e-1', { events: [] }));
    clock.advance(40 * minute);
    await registry.create(enrollmentRecord('e-2'));
    requests();
    expect(await found(0, 30)).toEqual([]);
    expect(requests()).toEqual(['Query', 'Query']);
  });

  it('cost a look at few of the feed’s pages, however many there are, unless something was lost', async () => {
    const { feed, found, requests, write, clock } = await opened();
    const all = await write(80);
    clock.advance(-80 * minute);
    for (const [number, events] of all.entries()) {
      // As large as a page of many events: no more than three are given at once.
      if (number !== 40)
        await feed.append(
          'acme',
          events.map((each) => ({ ...each, data: 'x'.repeat(300_000) })),
        );
      clock.advance(minute);
    }
    requests();
    expect(await found(3, 5)).toEqual([]);
    // The records; the newest page; halving until ten are left; and up to eleven pages, three at a time.
    expect(requests().length).toBeLessThanOrEqual(2 + 1 + 3 + 4);
    expect(await found(35, 45)).toEqual(['e-0040.1.0']);
  });

  it('are none that arrived late, and those that never did among many', async () => {
    const { feed, found, write, clock } = await opened();
    const events = (await write(60)).flat();
    const late = events.slice(20, 30);
    await feed.append('acme', events.slice(0, 3));
    await feed.append('acme', [...events.slice(4, 20), ...events.slice(30, 55), ...events.slice(56)]);
    clock.advance(5 * 60 * minute);
    await feed.append('acme', late);
    expect(await found(0, 60)).toEqual(['e-0003.1.0', 'e-0055.1.0']);
  });
});
