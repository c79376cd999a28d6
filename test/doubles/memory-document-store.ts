import { StateError, StoreError } from '#domain/errors.ts';
import type { DocumentName, DocumentStore } from '#ports/document-store.ts';

/** Write-once records in memory. */
export class MemoryDocumentStore implements DocumentStore {
  readonly #documents = new Map<string, Uint8Array>();

  async put(name: DocumentName, bytes: Uint8Array): Promise<void> {
    const present = this.#documents.get(keyOf(name));
    if (present !== undefined && Buffer.compare(present, bytes) !== 0) throw new StateError('already-exists');
    this.#documents.set(keyOf(name), bytes.slice());
  }

  async get(name: DocumentName): Promise<Uint8Array> {
    const bytes = this.#documents.get(keyOf(name));
    if (bytes === undefined) throw new StoreError('object-missing');
    return bytes.slice();
  }

  async discard(name: DocumentName): Promise<void> {
    this.#documents.delete(keyOf(name));
  }

  /** What is stored of enrollments, in the order of writing: policies stand from an organization's set-up on. */
  names(): DocumentName[] {
    const all: DocumentName[] = [...this.#documents.keys()].map((key) => JSON.parse(key));
    return all.filter(({ kind }) => !kind.startsWith('policy'));
  }
}

function keyOf({ kind, organization, id }: DocumentName): string {
  return JSON.stringify({ kind, organization, id });
}
