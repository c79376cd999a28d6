import { describe, expect, it } from 'vitest';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { DynamoUnpublishedEvents } from '#adapters/dynamodb/unpublished-events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
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
  return {
    clock,
    requests,
    registry: new DynamoRegistry(calls, tables.aggregates, clock),
    feed: new DynamoEventFeedAppender(calls, tables.activity, clock),
    find: (from: number, to: number, organization = 'acme') =>
      unpublished.find(organization, at(from), at(to)),
    found: async (from: number, to: number) =>
      (await unpublished.find('acme', at(from), at(to))).map(({ id }) => id),
  };
}

describe('events that a stream lost', () => {
  it('are those of records as they stand that the feed does not hold, as the stream would have told them', async () => {
    const { registry, feed, find, clock } = await opened();
    const [lost, carried] = [enrollmentRecord('e-1'), enrollmentRecord('e-2')];
    await registry.create(lost);
    await registry.create(carried);
    await feed.append('acme', eventsBorneBy(carried, start));
    clock.advance(minute);
    expect(await find(0, 1)).toEqual(eventsBorneBy(lost, start));
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

  it('are found to the millisecond, across the tens of minutes, and of an organization alone', async () => {
    const { registry, found, find, clock } = await opened();
    for (let number = 0; number < 25; number += 1) {
      await registry.create(enrollmentRecord(`e-${String(number).padStart(2, '0')}`));
      clock.advance(minute);
    }
    await registry.create(enrollmentRecord('other', { organization: 'acme-2' }));
    expect(await found(2, 14)).toEqual(
      Array.from({ length: 12 }, (_, index) => `e-${String(index + 2).padStart(2, '0')}.1.0`),
    );
    expect((await find(0, 100, 'acme-2')).map(({ id }) => id)).toEqual(['other.1.0']);
  });

  it('are those of the organization itself, too, and of the service’s own', async () => {
    const { registry, found, find } = await opened();
    const events = [{ name: 'OrganizationSettingsChanged', data: { fields: ['contact'] } }] as const;
    await registry.create({ ...organizationRecord('acme'), events });
    await registry.create(enrollmentRecord('e-1', { organization: '_canary' }));
    expect(await found(0, 1)).toEqual(['organization.1.0']);
    expect((await find(0, 1, '_canary')).map(({ source }) => source)).toEqual([
      '/organizations/_canary/enrollments/e-1',
    ]);
  });

  it('cost a look at what was written then, and no look at the feed where nothing was', async () => {
    const { registry, found, requests, clock } = await opened();
    await registry.create(enrollmentRecord('e-1', { events: [] }));
    clock.advance(40 * minute);
    requests();
    expect(await found(20, 30)).toEqual([]);
    expect(requests()).toEqual(['Query', 'Query']);
    expect(await found(0, 1)).toEqual([]);
    expect(requests()).toEqual(['Query', 'BatchGetItem']);
  });

  it('cost no look at what was carried before or since, unless something was lost', async () => {
    const { registry, feed, found, requests, clock } = await opened();
    // As large as a page of many events.
    const large = 'x'.repeat(380_000);
    const carried = (record: Enrollment, number: number) =>
      eventsBorneBy(record, clock.now().toISOString()).map((each) =>
        number < 10 ? each : { ...each, data: large },
      );
    for (let number = 0; number < 40; number += 1) {
      const record = enrollmentRecord(`e-${String(number).padStart(2, '0')}`);
      await registry.create(record);
      if (number !== 20) await feed.append('acme', carried(record, number));
      clock.advance(minute);
    }
    requests();
    expect(await found(3, 5)).toEqual([]);
    // The index; the newest page; halving forty; and the pages of then.
    expect(requests().filter((each) => each === 'Query').length).toBeLessThanOrEqual(1 + 1 + 6 + 1);
    expect(await found(15, 25)).toEqual(['e-20.1.0']);
  });

  it('are none that arrived late, and those that never did where many were written at once', async () => {
    const { registry, feed, found, clock } = await opened();
    const records = Array.from({ length: 1_010 }, (_, index) =>
      enrollmentRecord(`e-${String(index).padStart(4, '0')}`),
    );
    for (const record of records) await registry.create(record);
    const events = records.flatMap((record) => eventsBorneBy(record, start));
    const [lost, late] = [['e-0003.1.0', 'e-1005.1.0'], events.slice(20, 30)];
    await feed.append(
      'acme',
      events.filter((event) => !lost.includes(event.id) && !late.includes(event)),
    );
    clock.advance(5 * minute);
    await feed.append('acme', late);
    expect(await found(0, 1)).toEqual(lost);
  });
});
