import { inject } from 'vitest';
import { DynamoDocumentStore } from '#adapters/dynamodb/document-store.ts';
import { DynamoIdempotencyKeys } from '#adapters/dynamodb/idempotency-keys.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { documentStoreContract } from '#test/contract/document-store.contract.ts';
import { idempotencyKeysContract } from '#test/contract/idempotency-keys.contract.ts';
import { registryContract } from '#test/contract/registry.contract.ts';
import { onDynamoDbAccount } from './dynamodb-account.ts';

registryContract('DynamoRegistry on AWS', (clock) =>
  onDynamoDbAccount(inject('runId'), ({ calls, tables }) => ({
    registry: new DynamoRegistry(calls, tables.aggregates, clock),
  })),
);

documentStoreContract('DynamoDocumentStore on AWS', () =>
  onDynamoDbAccount(inject('runId'), ({ calls, tables }) => ({
    documents: new DynamoDocumentStore(calls, {
      documents: tables.documents,
      lockedKeys: tables['locked-keys'],
    }),
  })),
);

idempotencyKeysContract('DynamoIdempotencyKeys on AWS', (clock) =>
  onDynamoDbAccount(inject('runId'), ({ calls, tables }) => ({
    idempotencyKeys: new DynamoIdempotencyKeys(calls, tables.activity, clock),
  })),
);
