import type { DynamoCalls } from '#adapters/dynamodb/calls.ts';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import type { TableName } from '#contract/tables.ts';
import { startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import type { Subject } from './subject.ts';

export interface OpenDynamoDb {
  calls: DynamoCalls;
  /** The tables' names. */
  tables: Readonly<Record<TableName, string>>;
}

/** A subject on a stand-in for Amazon DynamoDB of its own, reached over the wire as AWS is: by the SDK's own settings. */
export async function onDynamoDb<T extends object>(build: (opened: OpenDynamoDb) => T): Promise<Subject<T>> {
  const double = await startDynamoDouble();
  const start = (): Subject<T> => {
    Object.assign(process.env, double.environment);
    return {
      ...build({ calls: openDynamoDb(), tables: double.tables }),
      reopen: async () => start(),
      close: () => double.close(),
    };
  };
  return start();
}
