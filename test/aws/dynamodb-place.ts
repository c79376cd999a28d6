import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { removeTables, runTables } from './dynamodb-tables.ts';
import type { Place } from './place.ts';
import { runTag } from './run.ts';

export const dynamoDbPlace: Place = {
  makes: (runId) => `
Amazon DynamoDB: five tables, ${runTables(runId).aggregates} and others of that beginning, paid by request, each with the same tag
(${runTag}), and some thousand requests: a cent. They are removed at the end.
`,
  clean: async (runId) => {
    const client = new DynamoDBClient();
    const removed = await removeTables(client, runId);
    client.destroy();
    return `${removed} tables`;
  },
};
