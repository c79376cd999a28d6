import * as v from 'valibot';
import { StoreError } from '#domain/errors.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { WrittenRecord } from '#ports/written-records.ts';
import { partitionOf } from './ledger-chain.ts';

const text = v.object({ S: v.string() });
// An underscore first is the service's own organization's (`canary.ts`), and nobody else's.
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][\w.-]*$/), v.maxLength(128));

/** The attributes of an aggregate's item that its events are made of (`tables.ts`), as the stream has them. */
const itemSchema = v.object({
  organization: text,
  record: text,
  json: text,
  writtenAt: v.object({ S: v.pipe(v.string(), v.isoTimestamp()) }),
});

const recordSchema = v.object({
  // The ledger of what names no organization is nobody's.
  organization: v.union([name, v.literal('')]),
  type: v.picklist(['enrollment', 'organization', 'ledger']),
  id: name,
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  // Not only names that are known here: while a new version of the functions is rolled out, an old one reads what the new wrote.
  events: v.array(
    v.object({
      name: v.pipe(v.string(), v.regex(/^[A-Z][A-Za-z]{0,63}$/)),
      data: v.record(v.string(), v.unknown()),
    }),
  ),
});

const changeSchema = v.variant('eventName', [
  v.object({ eventName: v.literal('REMOVE') }),
  v.object({
    eventName: v.picklist(['INSERT', 'MODIFY']),
    dynamodb: v.object({ NewImage: itemSchema }),
  }),
]);

const placeSchema = v.object({ dynamodb: v.object({ SequenceNumber: v.string() }) });

/**
 * The records of a batch of the aggregates' stream (its view `NEW_IMAGE`), each with the events that it bears. One that is not
 * as this service writes it is told apart, and keeps no other from being read.
 * @param records as a function is given them: `Records` of its event
 */
export function writtenRecords(records: readonly unknown[]): WrittenRecord[] {
  return records.map((record) => {
    const place = v.safeParse(placeSchema, record);
    return { id: place.success ? place.output.dynamodb.SequenceNumber : '', events: readEvents(record) };
  });
}

/**
 * The events of one record of the stream: the same, to the letter, as one machine publishes of the same write.
 * @throws StoreError `object-damaged` if it is not a record that this service wrote
 */
export function streamEvents(record: unknown): CloudEvent[] {
  const change = parsed(changeSchema, record);
  if (change.eventName === 'REMOVE') return [];
  const { organization, record: key, json, writtenAt } = change.dynamodb.NewImage;
  const written = parsed(recordSchema, fromJson(json.S));
  if (partitionOf(written.organization) !== organization.S || `${written.type}#${written.id}` !== key.S) {
    throw damaged('its key is that of another record');
  }
  return eventsBorneBy(written, writtenAt.S);
}

function readEvents(record: unknown): CloudEvent[] | StoreError {
  try {
    return streamEvents(record);
  } catch (error) {
    return error instanceof StoreError ? error : damaged('unreadable', error);
  }
}

function parsed<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  // Where it is wrong, and never what stands there: it may be anybody's data.
  throw damaged(v.getDotPath(result.issues[0]) ?? 'the whole of it');
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged('dynamodb.NewImage.json');
  }
}

function damaged(where: string, cause: unknown = where): StoreError {
  return new StoreError('object-damaged', {
    why: 'a record that was handed out as written is not one that this service writes',
    next: 'Tell the operator: look at the record in the table of aggregates, and at who can write there.',
    cause,
  });
}
