import { StateError, StoreError } from '#domain/errors.ts';
import type { DocumentName, DocumentStore } from '#ports/document-store.ts';
import type { Database } from './database.ts';
import { bytesOf } from './rows.ts';

/** Keeps write-once records in SQLite: locked keys in a file of their own, all others beside the registry. */
export class SqliteDocumentStore implements DocumentStore {
  readonly #documents: ReturnType<typeof prepare>;
  readonly #lockedKeys: ReturnType<typeof prepare>;
  readonly #lockedKeysDatabase: Database;

  /**
   * @param database opened by `openDatabase`
   * @param lockedKeys opened by `openLockedKeys`
   */
  constructor(database: Database, lockedKeys: Database) {
    this.#documents = prepare(database, 'documents');
    this.#lockedKeys = prepare(lockedKeys, 'locked_keys');
    this.#lockedKeysDatabase = lockedKeys;
  }

  async put(name: DocumentName, bytes: Uint8Array): Promise<void> {
    const { insert, select } = this.#table(name);
    if (insert.run(name.kind, name.organization, name.id, bytes) === 1) return;
    const row = select.get(name.kind, name.organization, name.id);
    if (row === undefined || Buffer.compare(bytesOf(row, 'bytes'), bytes) !== 0) {
      throw new StateError('already-exists');
    }
  }

  async get(name: DocumentName): Promise<Uint8Array> {
    const row = this.#table(name).select.get(name.kind, name.organization, name.id);
    if (row === undefined) throw new StoreError('object-missing');
    return bytesOf(row, 'bytes');
  }

  async discard(name: DocumentName): Promise<void> {
    this.#table(name).remove.run(name.kind, name.organization, name.id);
    // A locked record is discarded because it must open no more: its bytes must not stay in the log either.
    if (name.kind === 'locked-key') this.#lockedKeysDatabase.emptyLog();
  }

  #table(name: DocumentName): ReturnType<typeof prepare> {
    return name.kind === 'locked-key' ? this.#lockedKeys : this.#documents;
  }
}

function prepare(database: Database, table: 'documents' | 'locked_keys') {
  const thisOne = 'WHERE kind = ? AND organization = ? AND id = ?';
  return {
    insert: database.prepare(
      `INSERT INTO ${table} (kind, organization, id, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    select: database.prepare(`SELECT bytes FROM ${table} ${thisOne}`),
    remove: database.prepare(`DELETE FROM ${table} ${thisOne}`),
  };
}
