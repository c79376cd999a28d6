import { createHash, randomUUID } from 'node:crypto';
import { requireObjectName } from '#adapters/object-name.ts';
import { StateError, StoreError } from '#domain/errors.ts';
import type { BackupVault, ListedObject, RemovableBackups, StoredObject } from '#ports/backup-vault.ts';
import type { Clock } from '#ports/clock.ts';
import type { Page } from '#ports/registry.ts';

/** Backups in memory. Tests may damage or lose them. */
export class MemoryBackupVault implements BackupVault, RemovableBackups {
  readonly removable = { remove: (name: string, version: string) => this.remove(name, version) };
  readonly #clock: Clock;
  readonly #pageSize: number;
  readonly #objects = new Map<string, StoredObject>();
  readonly #contents = new Map<string, Uint8Array>();

  constructor(clock: Clock, pageSize = 1_000) {
    this.#clock = clock;
    this.#pageSize = pageSize;
  }

  async put(name: string, bytes: Uint8Array, retainUntil: Date): Promise<StoredObject> {
    requireObjectName(name);
    const sha256 = sha256Of(bytes);
    const present = this.#objects.get(name);
    if (present !== undefined) {
      if (present.sha256 !== sha256) throw new StateError('already-exists');
      return { ...present };
    }
    const object = { name, version: randomUUID(), sha256, size: bytes.length, retainUntil };
    this.#objects.set(name, object);
    this.#contents.set(name, bytes.slice());
    return { ...object };
  }

  async read(name: string, version: string): Promise<Uint8Array> {
    const { sha256 } = this.#find(name, version);
    const bytes = this.#content(name);
    if (sha256Of(bytes) !== sha256) throw new StoreError('object-damaged');
    return bytes.slice();
  }

  async describe(name: string, version: string): Promise<StoredObject> {
    const object = this.#find(name, version);
    this.#content(name);
    return { ...object };
  }

  async extendRetention(name: string, version: string, retainUntil: Date): Promise<void> {
    const object = this.#find(name, version);
    if (retainUntil < object.retainUntil) throw new StoreError('retention-locked');
    this.#objects.set(name, { ...object, retainUntil });
  }

  async list(prefix: string, cursor = ''): Promise<Page<ListedObject>> {
    const all = [...this.#objects.values()]
      .filter(({ name }) => name.startsWith(prefix) && name > cursor)
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ sha256: _, ...listed }) => listed);
    const items = all.slice(0, this.#pageSize);
    const last = items.at(-1);
    return { items, ...(all.length > items.length && last !== undefined && { cursor: last.name }) };
  }

  async remove(name: string, version: string): Promise<void> {
    const { retainUntil } = this.#find(name, version);
    if (this.#clock.now() < retainUntil) throw new StoreError('retention-locked');
    this.#objects.delete(name);
    this.#contents.delete(name);
  }

  /** Changes a byte of the content, behind the vault's back. */
  damage(name: string): void {
    const bytes = this.#contents.get(name);
    if (bytes !== undefined) bytes[0] = (bytes[0] ?? 0) ^ 1;
  }

  /** Loses the content, behind the vault's back. */
  lose(name: string): void {
    this.#contents.delete(name);
  }

  #find(name: string, version: string): StoredObject {
    const object = this.#objects.get(name);
    if (object?.version !== version) throw new StoreError('object-missing');
    return object;
  }

  #content(name: string): Uint8Array {
    const bytes = this.#contents.get(name);
    if (bytes === undefined) throw new StoreError('object-missing');
    return bytes;
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
