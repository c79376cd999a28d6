import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { type TableName, tableNames, tables } from '#contract/tables.ts';
import type { Subject } from '#test/contract/subject.ts';
import type { OpenDynamoDb } from '#test/contract/subject-dynamodb.ts';
import { ensureTables, runTables } from './dynamodb-tables.ts';

type Item = Record<string, AttributeValue>;

/** Whether the tables of the run are there: asked once a file. */
let ensured: Promise<void> | undefined;

/**
 * A subject on the tables of a run, in the account that the environment names. They are made once and emptied after each test:
 * making a table takes longer than any of them.
 */
export async function onDynamoDbAccount<T extends object>(
  runId: string,
  build: (opened: OpenDynamoDb) => T,
): Promise<Subject<T>> {
  const client = new DynamoDBClient();
  ensured ??= ensureTables(client, runId);
  await ensured;
  const names = runTables(runId);
  const settled = () => settle(client, names);
  const start = (): Subject<T> => ({
    ...build({ calls: openDynamoDb({ callMilliseconds: 60_000 }), tables: names }),
    reopen: async () => start(),
    settled,
    close: async () => {
      for (const name of tableNames) await empty(client, name, names[name]);
      await settled();
      client.destroy();
    },
  });
  return start();
}

/** Waits until every index names what its table holds. */
async function settle(client: DynamoDBClient, names: Readonly<Record<TableName, string>>): Promise<void> {
  for (const name of tableNames) {
    for (const [index, { partitionKey }] of Object.entries(tables[name].indexes)) {
      while (!(await follows(client, names[name], index, partitionKey))) await sleep(200);
    }
  }
}

async function follows(client: DynamoDBClient, table: string, index: string, key: string): Promise<boolean> {
  const held = (await scan(client, table)).filter((item) => Object.hasOwn(item, key));
  const named = await scan(client, table, index);
  const keysOf = (items: readonly Item[]) =>
    items
      .map((item) => item[key]?.S)
      .sort()
      .join('\n');
  return keysOf(held) === keysOf(named);
}

async function empty(client: DynamoDBClient, name: TableName, table: string): Promise<void> {
  const { partitionKey, sortKey } = tables[name];
  const keys = (await scan(client, table)).map((item) => ({
    [partitionKey]: item[partitionKey] ?? { S: '' },
    [sortKey]: item[sortKey] ?? { S: '' },
  }));
  // One after another: a test leaves few.
  for (const key of keys) await client.send(new DeleteItemCommand({ TableName: table, Key: key }));
}

async function scan(client: DynamoDBClient, table: string, index?: string): Promise<Item[]> {
  const input = {
    TableName: table,
    ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
  };
  const found: Item[] = [];
  for await (const { Items: items = [] } of paginateScan({ client }, input)) found.push(...items);
  return found;
}
