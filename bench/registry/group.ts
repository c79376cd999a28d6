import type { Group } from '../result.ts';
import { lookUpsOnDynamoDb } from './on-dynamodb.ts';
import { lookUpsOnSqlite } from './on-sqlite.ts';

/** Look-ups in the registry among many enrollments against the same among few: in time on SQLite, in capacity on DynamoDB. */
export const registry: Group = async (report) => {
  await lookUpsOnSqlite(report);
  await lookUpsOnDynamoDb(report);
};
