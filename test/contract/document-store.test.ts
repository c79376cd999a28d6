import { SqliteDocumentStore } from '#adapters/sqlite/document-store.ts';
import { MemoryDocumentStore } from '#test/doubles/memory-document-store.ts';
import { documentStoreContract } from './document-store.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

documentStoreContract('SqliteDocumentStore', () =>
  onDataFolder(({ database, lockedKeys }) => ({ documents: new SqliteDocumentStore(database, lockedKeys) })),
);

documentStoreContract('MemoryDocumentStore', () => inMemory({ documents: new MemoryDocumentStore() }));
