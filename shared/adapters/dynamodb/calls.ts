import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CodeOf } from '#domain/error-codes.ts';
import { clientSettings, neverInClear } from '../aws/client.ts';
import type { Meaning } from '../aws/sdk-errors.ts';
import { type StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import type { StoreService } from '../aws/store-errors.ts';

/** The one way to Amazon DynamoDB. */
export type DynamoCalls = StoreCalls<DynamoDBClient>;

const inside: Meaning<CodeOf<'store'>> = {
  code: 'store-unavailable',
  effect: 'unknown',
  why: 'Amazon DynamoDB failed inside',
};
const busy: Meaning<CodeOf<'store'>> = {
  code: 'store-unavailable',
  effect: 'none',
  why: 'Amazon DynamoDB is at work on the same record, or on the table itself',
};

/** What the errors of Amazon DynamoDB mean to a caller (API reference, "Errors" of each operation). */
const dynamoDb: StoreService = {
  name: 'Amazon DynamoDB',
  page: 'docs/deploy.md',
  meanings: {
    InternalServerError: inside,
    InternalServerErrorException: inside,
    ReplicatedWriteConflictException: busy,
    TransactionConflictException: busy,
    ResourceInUseException: busy,
    ResourceNotFoundException: {
      code: 'store-misconfigured',
      effect: 'final',
      why: 'Amazon DynamoDB has no such table or index',
      next: 'Check region, account and the names of the tables that the function is given; docs/deploy.md says more.',
    },
    ItemCollectionSizeLimitExceededException: { code: 'record-too-large', effect: 'final' },
  },
};

/**
 * Opens Amazon DynamoDB: region, endpoint (AWS_ENDPOINT_URL_DYNAMODB) and credentials are what the environment tells the SDK.
 * Nothing is asked before the first call.
 */
export function openDynamoDb(settings: StoreCallSettings = {}): DynamoCalls {
  return new StoreCalls(neverInClear(new DynamoDBClient(clientSettings)), dynamoDb, settings);
}
