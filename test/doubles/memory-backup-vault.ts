import { createHash, randomUUID } from 'node:crypto';
import { StateError, StoreError } from '#domain/errors.ts';
import type { BackupVault, StoredObject } from '#ports/backup-vault.ts';
import type { Clock } from '#ports/clock.ts';

/** Backups in memory. Tests may damage or lose them. */
export class MemoryBackupVault implements BackupVault {
  readonly #clock: Clock;
  readonly #objects = new Map<string, StoredObject>();
  readonly #contents = new Map<string, Uint8Array>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async put(name: string, bytes: Uint8Array, retainUntil: Date): Promise<StoredObject> {
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
    const bytes = this.#contents.get(name);
    if (bytes === undefined) throw new StoreError('object-missing');
    if (sha256Of(bytes) !== sha256) throw new StoreError('object-damaged');
    return bytes.slice();
  }

  async extendRetention(name: string, version: string, retainUntil: Date): Promise<void> {
    const object = this.#find(name, version);
    if (retainUntil < object.retainUntil) throw new StoreError('retention-locked');
    this.#objects.set(name, { ...object, retainUntil });
  }

  async list(prefix: string): Promise<StoredObject[]> {
    return [...this.#objects.values()]
      .filter((object) => object.name.startsWith(prefix))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((object) => ({ ...object }));
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
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
