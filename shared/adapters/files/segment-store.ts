import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeOnce } from '#adapters/software/write-once.ts';
import { asStoreError } from '#adapters/sqlite/store-error.ts';
import { StateError } from '#domain/errors.ts';
import { errorNumber } from '#domain/plain-words.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import { segmentFile, segmentFolder, segmentIn } from '../segment-name.ts';
import { syncFolder } from '../sync-folder.ts';

/** What a write begins with, and a crash leaves. */
const unfinished = /^\.\d{9,}\.[0-9a-f-]{36}\.part$/;

/**
 * Keeps segments as files, a folder an organization: `000000001.jsonl` and so on, each given its name only once all of it is on
 * the disk, never replaced, and read-only (0400). Whoever owns the folder can still remove a file: that is what checkpoints
 * kept elsewhere are for.
 */
export class FileSegmentStore implements SegmentStore {
  readonly #folder: string;

  /** @param folder made when the first segment is written */
  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  async put(organization: string, segment: number, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(organization, segment);
    const folder = dirname(path);
    await asStore(async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = join(folder, `.${segmentFile(segment).replace('.jsonl', '')}.${randomUUID()}.part`);
      const isNew = await writeOnce(path, temporary, bytes, 0o400);
      if (!isNew && Buffer.compare(await readFile(path), bytes) !== 0) throw new StateError('already-exists');
      // Its name may be another write's, which was cut short before it was durable; and each folder may be new.
      for (const each of [folder, this.#folder, dirname(this.#folder)]) await syncFolder(each);
    });
  }

  async get(organization: string, segment: number): Promise<Uint8Array | undefined> {
    return await asStore(() => unlessMissing(readFile(this.#pathOf(organization, segment)), undefined));
  }

  async list(organization: string, after: number, limit: number): Promise<number[]> {
    return await asStore(async () => {
      const names = await unlessMissing(readdir(this.#folderOf(organization)), []);
      const numbers = names.flatMap((name) => segmentIn(name) ?? []);
      const found = numbers.filter((each) => each > after).sort((a, b) => a - b);
      return found.slice(0, limit);
    });
  }

  /**
   * Removes what writes left that a crash cut short, for whoever alone writes here.
   * @returns how many there were
   * @throws StoreError `store-unavailable`
   */
  async sweep(): Promise<number> {
    return await asStore(async () => {
      const names = await unlessMissing(readdir(this.#folder, { recursive: true }), []);
      const left = names.filter((name) => unfinished.test(name.split(/[\\/]/).at(-1) ?? ''));
      for (const name of left) await rm(join(this.#folder, name), { force: true });
      return left.length;
    });
  }

  #folderOf(organization: string): string {
    return join(this.#folder, segmentFolder(organization));
  }

  #pathOf(organization: string, segment: number): string {
    return join(this.#folderOf(organization), segmentFile(segment));
  }
}

async function asStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error);
  }
}

async function unlessMissing<T, M>(operation: Promise<T>, missing: M): Promise<T | M> {
  try {
    return await operation;
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return missing;
    throw error;
  }
}
