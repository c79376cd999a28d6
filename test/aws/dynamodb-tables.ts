import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  paginateListTables,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { type TableName, tableNames, tables } from '#contract/tables.ts';
import { nameTables } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { tableDefinition } from '#test/doubles/dynamodb/table-definition.ts';
import { runTag } from './run.ts';

/** A table may take minutes to come and to go. */
const patience = { maxWaitTime: 600, minDelay: 1 };

/** How the tables of a run are named; all of them are made for it, or none. */
export function runTables(runId: string): Record<TableName, string> {
  return nameTables(`escrow-test-${runId}`);
}

/** Makes the tables of a run where they are not there, and waits until they take records. */
export async function ensureTables(client: DynamoDBClient, runId: string): Promise<void> {
  const names = runTables(runId);
  await Promise.all(
    tableNames.map(async (name) => {
      const definition = tableDefinition(names[name], tables[name]);
      const command = new CreateTableCommand({ ...definition, Tags: [{ Key: runTag, Value: runId }] });
      await client.send(command).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
      });
      await waitUntilTableExists({ client, ...patience }, { TableName: names[name] });
    }),
  );
}

/**
 * Removes the tables of a run.
 * @returns how many there were
 */
export async function removeTables(client: DynamoDBClient, runId: string): Promise<number> {
  const ours = Object.values(runTables(runId));
  const found: string[] = [];
  for await (const { TableNames: names = [] } of paginateListTables({ client }, {})) {
    found.push(...names.filter((name) => ours.includes(name)));
  }
  for (const name of found) {
    await client.send(new DeleteTableCommand({ TableName: name }));
    await waitUntilTableNotExists({ client, ...patience }, { TableName: name });
  }
  return found.length;
}
