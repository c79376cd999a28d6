import { createHash, randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { Database } from '#adapters/sqlite/database.ts';
import { asStoreError } from '#adapters/sqlite/store-error.ts';
import { StateError, StoreError } from '#domain/errors.ts';
import type { BackupVault, ListedObject, RemovableBackups, StoredObject } from '#ports/backup-vault.ts';
import type { Clock } from '#ports/clock.ts';
import type { Page } from '#ports/registry.ts';
import { isObjectName, requireObjectName } from '../object-name.ts';
import { type FileOperations, nodeFileOperations } from './file-operations.ts';
import { Turns } from './turns.ts';
import { type VaultEntry, VaultIndex } from './vault-index.ts';

export interface FileVaultSettings {
  /** The real ones if not given. */
  files?: FileOperations;
  /** How many objects a page of a list holds; 1,000 if not given. */
  pageSize?: number;
}

/**
 * Keeps backups as files, and what is known of them in SQLite. A name is taken in the index before its file is written
 * and counts only once the file is durable, so whatever a crash leaves is named there: a repeated `put` or `sweep`
 * clears it, and no file is ever removed only because the index does not know it.
 *
 * One process works on a vault (`lockDataFolder`); within it, work on the same name takes turns.
 */
export class FileVault implements BackupVault, RemovableBackups {
  readonly removable: RemovableBackups = { remove: (name, version) => this.remove(name, version) };
  readonly #index: VaultIndex;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #files: FileOperations;
  readonly #pageSize: number;
  readonly #turns = new Turns();

  /**
   * @param folder where the files go; made when the first is written
   * @param clock decides whether retention has ended
   */
  constructor(
    database: Database,
    folder: string,
    clock: Clock,
    { files = nodeFileOperations, pageSize = 1_000 }: FileVaultSettings = {},
  ) {
    this.#index = new VaultIndex(database);
    this.#folder = resolve(folder);
    this.#clock = clock;
    this.#files = files;
    this.#pageSize = pageSize;
  }

  /** As the port says. @throws InputError `invalid-input` if the name is none */
  async put(name: string, bytes: Uint8Array, retainUntil: Date): Promise<StoredObject> {
    requireObjectName(name);
    const sha256 = sha256Of(bytes);
    return this.#inTurn(name, async () => {
      const earlier = this.#index.find(name);
      if (earlier?.stored) {
        if (earlier.sha256 !== sha256) throw new StateError('already-exists');
        return described(earlier);
      }
      if (earlier !== undefined) await this.#clear(earlier);
      const object = { name, version: randomUUID(), sha256, size: bytes.length, retainUntil };
      this.#index.begin(object);
      await this.#write(this.#pathOf(object), bytes);
      this.#index.finish(name, object.version);
      return object;
    });
  }

  async read(name: string, version: string): Promise<Uint8Array> {
    const entry = this.#stored(name, version);
    const bytes = await this.#files.read(this.#pathOf(entry)).catch((error: unknown) => {
      throw asStoreError(error);
    });
    if (bytes === undefined) throw new StoreError('object-missing');
    if (sha256Of(bytes) !== entry.sha256) throw new StoreError('object-damaged');
    return bytes;
  }

  async describe(name: string, version: string): Promise<StoredObject> {
    const entry = this.#stored(name, version);
    const exists = await this.#files.exists(this.#pathOf(entry)).catch((error: unknown) => {
      throw asStoreError(error);
    });
    if (!exists) throw new StoreError('object-missing');
    return described(entry);
  }

  async extendRetention(name: string, version: string, retainUntil: Date): Promise<void> {
    if (this.#index.extend(name, version, retainUntil)) return;
    this.#stored(name, version);
    throw new StoreError('retention-locked');
  }

  async list(prefix: string, cursor = ''): Promise<Page<ListedObject>> {
    const found = this.#index.list(prefix, cursor, this.#pageSize + 1);
    const items = found.slice(0, this.#pageSize).map(listed);
    const last = items.at(-1);
    return { items, ...(found.length > items.length && last !== undefined && { cursor: last.name }) };
  }

  async remove(name: string, version: string): Promise<void> {
    await this.#inTurn(name, async () => {
      const entry = this.#stored(name, version);
      if (!this.#index.beginRemoval(name, version, this.#clock.now()))
        throw new StoreError('retention-locked');
      await this.#clear(entry);
    });
  }

  /**
   * Clears what writes and removals left that a crash cut short.
   * @returns how many there were
   * @throws StoreError `store-unavailable`
   */
  async sweep(): Promise<number> {
    const cleared = this.#index.unfinished().map((left) =>
      this.#inTurn(left.name, async () => {
        // Work that was going on may have finished it by now.
        const entry = this.#index.find(left.name);
        if (entry === undefined || entry.stored) return 0;
        await this.#clear(entry);
        return 1;
      }),
    );
    return (await Promise.all(cleared)).reduce<number>((sum, each) => sum + each, 0);
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const folder = dirname(path);
    await this.#files.makeFolder(folder);
    await this.#files.write(temporary(path), bytes);
    await this.#files.rename(temporary(path), path);
    // Each folder up to the vault's own may be new, and is durable only once the one above it is synced.
    for (let each = folder; each.length >= this.#folder.length; each = dirname(each)) {
      await this.#files.syncFolder(each);
    }
    await this.#files.syncFolder(dirname(this.#folder));
  }

  // The files first: without its entry in the index, a file would never be found again.
  async #clear(entry: VaultEntry): Promise<void> {
    const path = this.#pathOf(entry);
    for (const file of [temporary(path), path]) {
      if (await this.#files.remove(file)) await this.#files.syncFolder(dirname(file));
    }
    this.#index.forget(entry.name, entry.version);
  }

  #stored(name: string, version: string): VaultEntry {
    const entry = isObjectName(name) ? this.#index.find(name) : undefined;
    if (!entry?.stored || entry.version !== version) throw new StoreError('object-missing');
    return entry;
  }

  // The version is in the file's name, so that no write can meet the file of another.
  #pathOf({ name, version }: { name: string; version: string }): string {
    return join(this.#folder, `${name}.${version}`);
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(name, work);
    } catch (error) {
      throw asStoreError(error);
    }
  }
}

function temporary(path: string): string {
  return `${path}.tmp`;
}

function described({ name, version, sha256, size, retainUntil }: VaultEntry): StoredObject {
  return { name, version, sha256, size, retainUntil };
}

function listed({ name, version, size, retainUntil }: VaultEntry): ListedObject {
  return { name, version, size, retainUntil };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
