import { tables } from '#contract/tables.ts';
import { StateError, StoreError } from '#domain/errors.ts';
import type { DocumentName, DocumentStore } from '#ports/document-store.ts';
import type { DynamoCalls } from './calls.ts';
import { bytesOf } from './rows.ts';
import { Table } from './table.ts';

export interface DocumentTables {
  /** The name of the table `documents`; absent for a function that has no business there. */
  documents?: string;
  /** The name of the table `locked-keys`; absent for a function that may reach no locked key. */
  lockedKeys?: string;
}

/**
 * Keeps write-once records in Amazon DynamoDB: locked keys in a table of their own, all others in another.
 *
 * What is discarded is gone from the table at once; backups of the table itself (point-in-time recovery) are beyond the reach
 * of whoever is given this.
 */
export class DynamoDocumentStore implements DocumentStore {
  readonly #documents: Table | undefined;
  readonly #lockedKeys: Table | undefined;

  constructor(calls: DynamoCalls, { documents, lockedKeys }: DocumentTables) {
    const open = (name: string | undefined, shape: 'documents' | 'locked-keys') =>
      name === undefined ? undefined : new Table(calls, name, tables[shape]);
    this.#documents = open(documents, 'documents');
    this.#lockedKeys = open(lockedKeys, 'locked-keys');
  }

  /** @throws also StoreError `store-misconfigured` for a table that it was given no name of, as `get` and `discard` do */
  async put(name: DocumentName, bytes: Uint8Array): Promise<void> {
    const table = this.#tableOf(name);
    const { organization } = name;
    const row = { organization, record: recordOf(name), bytes };
    const { done } = await table.put(row, { expression: 'attribute_not_exists(#record)' });
    if (done) return;
    const found = await table.get(organization, recordOf(name), ['bytes']);
    // Discarded since: whether it may be written now is for the caller to decide again.
    if (found === undefined) throw new StoreError('store-unavailable');
    if (Buffer.compare(bytesOf(found, 'bytes'), bytes) !== 0) throw new StateError('already-exists');
  }

  async get(name: DocumentName): Promise<Uint8Array> {
    const row = await this.#tableOf(name).get(name.organization, recordOf(name), ['bytes']);
    if (row === undefined) throw new StoreError('object-missing');
    return bytesOf(row, 'bytes');
  }

  async discard(name: DocumentName): Promise<void> {
    await this.#tableOf(name).remove(name.organization, recordOf(name));
  }

  #tableOf({ kind }: DocumentName): Table {
    const table = kind === 'locked-key' ? this.#lockedKeys : this.#documents;
    if (table !== undefined) return table;
    throw new StoreError('store-misconfigured', {
      why: `this function is given no table of ${kind === 'locked-key' ? 'locked keys' : 'documents'}`,
    });
  }
}

function recordOf({ kind, id }: DocumentName): string {
  return `${kind}#${id}`;
}
