import { DynamoDocumentStore } from '#adapters/dynamodb/document-store.ts';
import { DynamoIdempotencyKeys } from '#adapters/dynamodb/idempotency-keys.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { documentStoreContract } from './document-store.contract.ts';
import { idempotencyKeysContract } from './idempotency-keys.contract.ts';
import { registryContract } from './registry.contract.ts';
import { onDynamoDb } from './subject-dynamodb.ts';

registryContract('DynamoRegistry', (clock) =>
  onDynamoDb(({ calls, tables }) => ({ registry: new DynamoRegistry(calls, tables.aggregates, clock) })),
);

documentStoreContract('DynamoDocumentStore', () =>
  onDynamoDb(({ calls, tables }) => ({
    documents: new DynamoDocumentStore(calls, {
      documents: tables.documents,
      lockedKeys: tables['locked-keys'],
    }),
  })),
);

idempotencyKeysContract('DynamoIdempotencyKeys', (clock) =>
  onDynamoDb(({ calls, tables }) => ({
    idempotencyKeys: new DynamoIdempotencyKeys(calls, tables.activity, clock),
  })),
);
