import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateRow } from '#adapters/dynamodb/aggregate-row.ts';
import { itemOf } from '#adapters/dynamodb/rows.ts';
import { streamEvents, writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { EscrowError, StoreError } from '#domain/errors.ts';
import type { Aggregate } from '#ports/registry.ts';
import { enrollmentRecord, organizationRecord } from '#test/contract/records.ts';
import { onDataFolder } from '#test/contract/subject.ts';
import { ManualClock } from '#test/doubles/clock.ts';

const writtenAt = '2026-01-05T08:00:00.000Z';

function recordOf(record: Aggregate, change: Record<string, unknown> = {}) {
  const image = { ...itemOf(aggregateRow(record, writtenAt)), ...change };
  return { eventName: 'INSERT', dynamodb: { SequenceNumber: '100', NewImage: image } };
}

const text = fc.string({ unit: 'binary', maxLength: 20 });
const events = fc.array(
  fc.oneof(
    fc.record({
      name: fc.constant('BackupEscrowed' as const),
      data: fc.record({ enrollmentId: text, backupId: text }),
    }),
    fc.record({
      name: fc.constant('OrganizationSettingsChanged' as const),
      data: fc.record({ fields: fc.array(text, { maxLength: 3 }) }),
    }),
  ),
  { maxLength: 12 },
);

describe('the events of a record of the stream', () => {
  it('are to the letter those that one machine publishes of the same write', async () => {
    const subject = onDataFolder(({ database }) => ({
      registry: new SqliteRegistry(database, new ManualClock(writtenAt)),
      outbox: new SqliteOutbox(database, new ManualClock(writtenAt)),
    }));
    let count = 0;
    const record = fc.tuple(events, fc.boolean()).map(([borne, isEnrollment]): Aggregate => {
      count += 1;
      if (isEnrollment) return enrollmentRecord(`e-${count}`, { events: borne });
      return { ...organizationRecord(`acme-${count}`), events: borne };
    });
    const check = async (written: Aggregate) => {
      await subject.registry.create(written);
      const pending = await subject.outbox.pending(100);
      await subject.outbox.published(pending.at(-1)?.position ?? 0);
      const published = pending.map(({ event }) => JSON.stringify(event));
      expect(streamEvents(recordOf(written)).map((event) => JSON.stringify(event))).toEqual(published);
    };
    try {
      await fc.assert(fc.asyncProperty(record, check), { numRuns: 200 });
    } finally {
      await subject.close();
    }
  });

  it('are none of a record that was removed', () => {
    expect(streamEvents({ eventName: 'REMOVE', dynamodb: { Keys: {}, SequenceNumber: '1' } })).toEqual([]);
  });

  it('may have a name that a later version of this service gives', () => {
    const json = JSON.stringify({
      ...enrollmentRecord('e-1'),
      events: [{ name: 'CertificateIssued', data: { enrollmentId: 'e-1' } }],
    });
    const [event] = streamEvents(recordOf(enrollmentRecord('e-1'), { json: { S: json } }));
    expect(event).toMatchObject({ type: 'CertificateIssued', id: 'e-1.1.0' });
  });
});

const canary = 'canary-7f3a';
const written = enrollmentRecord('e-1');
const withJson = (change: object) =>
  recordOf(written, { json: { S: JSON.stringify({ ...written, ...change }) } });

const hostile: [string, unknown][] = [
  ['nothing', undefined],
  ['a text', canary],
  ['an empty object', {}],
  ['another name of event', { ...recordOf(written), eventName: 'CREATE' }],
  ['no image', { eventName: 'MODIFY', dynamodb: { SequenceNumber: '1', Keys: {} } }],
  ['no attributes', { eventName: 'MODIFY', dynamodb: { SequenceNumber: '1', NewImage: {} } }],
  ['attributes of other types', recordOf(written, { json: { B: canary }, writtenAt: { N: '1' } })],
  ['a time that is none', recordOf(written, { writtenAt: { S: canary } })],
  ['text that is no JSON', recordOf(written, { json: { S: `{"${canary}` } })],
  ['JSON that is no object', recordOf(written, { json: { S: `["${canary}"]` } })],
  ['another table', recordOf(written, { json: undefined, body: { S: canary } })],
  ["another record's key", recordOf(written, { record: { S: 'enrollment#e-2' } })],
  ["another organization's key", recordOf(written, { organization: { S: 'other' } })],
  ['a kind that is unknown', withJson({ type: canary })],
  ['a version that is none', withJson({ version: 1.5 })],
  ['an id with a slash', withJson({ id: `e-1/${canary}` })],
  ['events that are none', withJson({ events: canary })],
  ['an event without data', withJson({ events: [{ name: 'BackupEscrowed' }] })],
  ['an event of no name', withJson({ events: [{ name: `${canary} name`, data: {} }] })],
];

describe('what is no record of this service', () => {
  it.each(hostile)('is refused and not repeated: %s', (_, record) => {
    let error: unknown;
    try {
      streamEvents(record);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'object-damaged', retryable: false });
    expect(inspect(error, { depth: 9 })).not.toContain(canary);
  });

  it('keeps no other record of its batch from being read', () => {
    const batch = hostile.flatMap(([, record]) => [record, recordOf(written)]);
    const read = writtenRecords(batch);
    expect(read).toHaveLength(batch.length);
    read.forEach(({ id, events: found }, index) => {
      if (index % 2 === 0) expect(found).toBeInstanceOf(EscrowError);
      else
        expect({ id, ids: found instanceof EscrowError ? [] : found.map((each) => each.id) }).toEqual({
          id: '100',
          ids: ['e-1.1.0'],
        });
    });
  });

  it('takes anything at all without a crash', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 5 }), (records) => {
        for (const { events: found } of writtenRecords(records)) expect(found).toBeInstanceOf(EscrowError);
      }),
    );
  });
});
