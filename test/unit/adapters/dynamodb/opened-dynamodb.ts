import { afterEach } from 'vitest';
import type { StoreCallSettings } from '#adapters/aws/store-calls.ts';
import { type DynamoCalls, openDynamoDb } from '#adapters/dynamodb/calls.ts';
import type { TableName } from '#contract/tables.ts';
import { type DynamoDouble, startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { type FakeWaiting, fakeWaiting } from '../aws/fake-waiting.ts';

export interface OpenedDynamoDb {
  calls: DynamoCalls;
  tables: Readonly<Record<TableName, string>>;
  double: DynamoDouble;
  waiting: FakeWaiting;
  /** What to do while the next repetition is waited for, once: as another who comes in between. */
  meanwhile(act: () => Promise<unknown>): void;
  /** Calls of another process on the same tables, which meets the same wire. */
  another(): DynamoCalls;
  /** The requests since the last time this was asked, as in `PutItem`, or `PutItem lose-answer` where one met a fault. */
  requests(): string[];
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Amazon DynamoDB on a double of its own, closed after the test. */
export async function openedDynamoDb(settings: StoreCallSettings = {}): Promise<OpenedDynamoDb> {
  const double = await startDynamoDouble();
  ends.push(() => double.close());
  Object.assign(process.env, double.environment);
  const waiting = fakeWaiting();
  const acts: (() => Promise<unknown>)[] = [];
  const sleep = async (milliseconds: number) => {
    await waiting.sleep(milliseconds);
    await acts.shift()?.();
  };
  return {
    calls: openDynamoDb({ ...settings, waiting: { ...waiting, sleep } }),
    tables: double.tables,
    double,
    waiting,
    meanwhile: (act) => acts.push(act),
    another: () => openDynamoDb({ waiting }),
    requests: () =>
      double.log
        .splice(0)
        .map(({ operation, fault }) => (fault === 'none' ? operation : `${operation} ${fault}`)),
  };
}
