import { describe, expect, it } from 'vitest';
import { aggregateRow } from '#adapters/dynamodb/aggregate-row.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { enrollmentRecord, nextVersion } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

async function openedLists() {
  const opened = await openedDynamoDb();
  const { calls, tables } = opened;
  return {
    ...opened,
    registry: new DynamoRegistry(calls, tables.aggregates, new ManualClock()),
    table: new Table(calls, tables.aggregates, shapes.aggregates),
  };
}

/** So large that about seventeen fill a page of 1 MB. */
const large = 'x'.repeat(60_000);

async function storeMany({ table }: { table: Table }, count: number, change: Partial<Enrollment> = {}) {
  const records = Array.from({ length: count }, (_, index) =>
    enrollmentRecord(`e-${String(index).padStart(3, '0')}`, change),
  );
  const condition = { expression: 'attribute_not_exists(#record)' };
  await Promise.all(records.map((record) => table.put(aggregateRow(record, 'now'), condition)));
  return records;
}

const idsOf = (records: readonly Enrollment[]) => records.map(({ id }) => id);

describe('a list', () => {
  it('goes on where a page of 1 MB ends', async () => {
    const opened = await openedLists();
    const records = await storeMany(opened, 40, { requestFingerprint: large });
    opened.requests();
    const page = await opened.registry.enrollments({ organization: 'acme', limit: 1_000 });
    expect(idsOf(page.items)).toEqual(idsOf(records));
    expect(page.cursor).toBeUndefined();
    expect(opened.requests()).toEqual(['Query', 'Query', 'Query']);
  });

  it('asks again for what was left out of an answer, and keeps the order', async () => {
    const opened = await openedLists();
    const records = await storeMany(opened, 40, { requestFingerprint: large });
    opened.requests();
    const page = await opened.registry.enrollments({
      organization: 'acme',
      subscriberId: 's-1',
      limit: 1_000,
    });
    expect(idsOf(page.items)).toEqual(idsOf(records));
    const [first, ...batches] = opened.requests();
    expect(first).toBe('Query');
    // 2.4 MB in answers of little more than 1 MB, and each time again after a while.
    expect(batches.length).toBeGreaterThan(1);
    expect(batches).toEqual(batches.map(() => 'BatchGetItem'));
    expect(opened.waiting.slept).toHaveLength(batches.length - 1);
  });

  it('reads a hundred records at once, at most', async () => {
    const opened = await openedLists();
    const records = await storeMany(opened, 230);
    opened.requests();
    const page = await opened.registry.enrollments({
      organization: 'acme',
      states: ['accepted'],
      limit: 220,
    });
    expect(idsOf(page.items)).toEqual(idsOf(records.slice(0, 220)));
    expect(page.cursor).toBe('e-219');
    expect(opened.requests().filter((each) => each === 'BatchGetItem')).toHaveLength(3);
  });

  it('reads on by one query a page, and no more records than it shows and one', async () => {
    const opened = await openedLists();
    await storeMany(opened, 30);
    opened.requests();
    const query = { organization: 'acme', states: ['accepted'], purpose: 'encryption', limit: 10 } as const;
    const { cursor = '' } = await opened.registry.enrollments(query);
    expect(opened.requests()).toEqual(['Query', 'BatchGetItem']);
    const next = await opened.registry.enrollments({ ...query, cursor });
    expect(next.items[0]?.id).toBe('e-010');
    expect(opened.requests()).toEqual(['Query', 'BatchGetItem']);
  });

  it('merges states and purposes with cursors, however they lie', async () => {
    const { registry } = await openedLists();
    const spread = Array.from({ length: 24 }, (_, index) =>
      enrollmentRecord(`e-${String(index).padStart(2, '0')}`, {
        state: index % 5 === 0 ? 'ready' : 'making',
        purpose: index % 3 === 0 ? 'identity' : 'encryption',
      }),
    );
    for (const record of spread) await registry.create(record);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { organization: 'acme', states: ['making', 'ready'], limit: 5 } as const;
      const page = await registry.enrollments(cursor === undefined ? query : { ...query, cursor });
      seen.push(...idsOf(page.items));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(idsOf(spread));
  });

  it('shows a record as it stands, and not one that an index still names', async () => {
    const { registry, table, requests } = await openedLists();
    const [first, second, third] = [
      enrollmentRecord('e-1'),
      enrollmentRecord('e-2'),
      enrollmentRecord('e-3'),
    ];
    // As an index is that has not followed yet: the keys are of the version before.
    const late = { ...aggregateRow(second, 'now'), json: JSON.stringify(nextVersion(second)) };
    const marked = { mark: 'leftovers#acme', markedRecord: 'enrollment#e-2' };
    for (const row of [aggregateRow(first, 'now'), { ...late, ...marked }, aggregateRow(third, 'now')]) {
      await table.put(row, { expression: 'attribute_not_exists(#record)' });
    }
    requests();
    const page = await registry.enrollments({ organization: 'acme', states: ['accepted'], limit: 2 });
    expect(idsOf(page.items)).toEqual(['e-1', 'e-3']);
    expect(await registry.leftovers('acme', 10)).toEqual({ items: [] });
    expect(requests()).not.toContain('Scan');
  });

  it('leaves out what an index names and the table has no more', async () => {
    const { table } = await openedLists();
    await storeMany({ table }, 1);
    expect(
      await table.getMany('acme', ['enrollment#e-000', 'enrollment#gone', 'enrollment#e-000']),
    ).toHaveLength(1);
  });
});

describe('a count', () => {
  it('adds up what pages hold', async () => {
    const opened = await openedLists();
    await storeMany(opened, 7);
    opened.requests();
    const partition = 'acme#accepted#encryption';
    expect(await opened.table.count({ index: 'by-state', partition, pageSize: 2 })).toBe(7);
    expect(opened.requests().length).toBeGreaterThan(3);
    expect(await opened.registry.counts('acme')).toMatchObject({ accepted: 7, ready: 0 });
  });
});
