import { DynamoDocumentStore } from '#adapters/dynamodb/document-store.ts';
import { environmentNames } from '#contract/environment.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { Opening } from './opening.ts';

/** The write-once records, of those tables that the function is told of: locked keys, others, or both. */
export function openDocuments({ environment, dynamoDb }: Opening): DocumentStore {
  const documents = environment[environmentNames.documentsTable];
  const lockedKeys = environment[environmentNames.lockedKeysTable];
  return new DynamoDocumentStore(dynamoDb, {
    ...(documents !== undefined && { documents }),
    ...(lockedKeys !== undefined && { lockedKeys }),
  });
}
