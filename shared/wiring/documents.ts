import { DynamoDocumentStore } from '#adapters/dynamodb/document-store.ts';
import { environmentNames } from '#contract/environment.ts';
import type { DocumentName, DocumentStore } from '#ports/document-store.ts';
import { requireTime } from '#runtime/lambda/invocation.ts';
import type { Opening } from './opening.ts';

/** Writes nothing for an invocation whose time was up: what it was for may be discarded already, and nobody would know of this. */
class TimedDocumentStore extends DynamoDocumentStore {
  override async put(name: DocumentName, bytes: Uint8Array): Promise<void> {
    requireTime();
    await super.put(name, bytes);
  }
}

/** The write-once records, of those tables that the function is told of: locked keys, others, or both. */
export function openDocuments({ environment, dynamoDb }: Opening): DocumentStore {
  const documents = environment[environmentNames.documentsTable];
  const lockedKeys = environment[environmentNames.lockedKeysTable];
  return new TimedDocumentStore(dynamoDb, {
    ...(documents !== undefined && { documents }),
    ...(lockedKeys !== undefined && { lockedKeys }),
  });
}
