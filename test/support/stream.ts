import { type AttributeValue, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { recordKey } from '#adapters/dynamodb/aggregate-row.ts';
import type { DynamoCalls } from '#adapters/dynamodb/calls.ts';
import type { Aggregate, Registry } from '#ports/registry.ts';

/** A record of a table's stream, as a function is given it. */
export interface StreamRecord {
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  dynamodb: { SequenceNumber: string; NewImage?: Record<string, unknown> };
}

let sequence = 0;

/** A record of the stream of what was written to the table of aggregates just now: no stand-in here has streams. */
export async function streamRecordOf(
  calls: DynamoCalls,
  table: string,
  { organization, type, id, version }: Aggregate,
): Promise<StreamRecord> {
  const key = { organization: { S: organization }, record: { S: recordKey(type, id) } };
  const { Item: item = {} } = await calls.call((client, request) =>
    client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }), request),
  );
  sequence += 1;
  return {
    eventName: version === 1 ? 'INSERT' : 'MODIFY',
    dynamodb: { SequenceNumber: String(sequence).padStart(21, '0'), NewImage: asHandedOut(item) },
  };
}

/** A registry on DynamoDB whose stream is followed at once. */
export function followedRegistry(
  registry: Registry,
  follow: (record: StreamRecord) => Promise<void>,
  recordOf: (record: Aggregate) => Promise<StreamRecord>,
): Registry {
  return {
    create: async (record) => {
      await registry.create(record);
      await follow(await recordOf(record));
    },
    replace: async (record, condition) => {
      await registry.replace(record, condition);
      await follow(await recordOf(record));
    },
    read: (type, organization, id) => registry.read(type, organization, id),
    enrollments: (query) => registry.enrollments(query),
    leftovers: (organization, limit, cursor) => registry.leftovers(organization, limit, cursor),
    counts: (organization) => registry.counts(organization),
    organizations: () => registry.organizations(),
  };
}

/** As JSON carries it to a function. */
function asHandedOut(item: Record<string, AttributeValue>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(item));
}
