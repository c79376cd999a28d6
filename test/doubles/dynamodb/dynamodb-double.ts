import type { IncomingMessage, ServerResponse } from 'node:http';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { type TableName, tableNames, tables } from '#contract/tables.ts';
import type { Faults } from '../aws-json/faults.ts';
import { type PassedRequest, startFaultProxy } from '../aws-wire/fault-proxy.ts';
import { onLoopback } from '../loopback.ts';
import { tableDefinition } from './table-definition.ts';

export interface DynamoDouble {
  endpoint: string;
  /** The variables that lead the AWS SDK here. */
  environment: Readonly<Record<string, string>>;
  /** How the tables of `tables.ts` are named there. */
  tables: Readonly<Record<TableName, string>>;
  /** What goes wrong on the wire; operations by their names, as in `PutItem`. */
  faults: Faults;
  log: PassedRequest[];
  /** The names of all tables that are there, in their order. */
  tableNames(): Promise<string[]>;
  /** Answers a request that came in elsewhere in this process, past the wire. */
  answer(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** The credentials are nobody's: nothing here looks at more than their form. */
const nobody = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/**
 * A stand-in for Amazon DynamoDB on loopback, in memory, with every table of the service: dynalite, behind a wire that can
 * fail. It lacks transactions, streams, expiry, and what is returned of an item whose condition failed.
 */
export async function startDynamoDouble(): Promise<DynamoDouble> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  const behind = await onLoopback(server);
  const proxy = await startFaultProxy(behind.endpoint);
  const environment = { ...nobody, AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint };
  const names = nameTables('escrow');
  const client = clientOf(behind.endpoint);
  for (const name of tableNames) {
    await client.send(new CreateTableCommand(tableDefinition(names[name], tables[name])));
  }
  return {
    endpoint: proxy.endpoint,
    environment,
    tables: names,
    faults: proxy.faults,
    log: proxy.log,
    tableNames: async () => (await client.send(new ListTablesCommand())).TableNames ?? [],
    answer: (request, response) => void server.emit('request', request, response),
    close: async () => {
      client.destroy();
      await proxy.close();
      await behind.close();
    },
  };
}

/** A name for each table, all of which begin alike. */
export function nameTables(prefix: string): Record<TableName, string> {
  return {
    aggregates: `${prefix}-aggregates`,
    documents: `${prefix}-documents`,
    'locked-keys': `${prefix}-locked-keys`,
    ledger: `${prefix}-ledger`,
    activity: `${prefix}-activity`,
  };
}

function clientOf(endpoint: string): DynamoDBClient {
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  } = nobody;
  return new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
}
