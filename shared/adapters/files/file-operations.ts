import { mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { errorNumber } from '#domain/plain-words.ts';
import { syncFolder } from '../sync-folder.ts';

/** What the vault asks of the file system, so that tests can stop it between any two steps. */
export interface FileOperations {
  /** Makes a folder and those above it, mode 0700; one that is there is success. */
  makeFolder(folder: string): Promise<void>;
  /** Writes a new file, which nobody may change afterwards (mode 0400), and waits until the disk has its content. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Waits until the disk has the folder's entries. */
  syncFolder(folder: string): Promise<void>;
  /** The content; undefined if there is no such file. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** Whether there is something of this name. */
  exists(file: string): Promise<boolean>;
  /** Removes a file. @returns false if there was none */
  remove(file: string): Promise<boolean>;
}

/** The real ones. Failures are Node's own; whoever calls turns them into ours. */
export const nodeFileOperations: FileOperations = {
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  },
  async write(file, bytes) {
    await using handle = await open(file, 'wx', 0o600);
    await handle.writeFile(bytes);
    await handle.chmod(0o400);
    await handle.sync();
  },
  rename,
  syncFolder,
  async read(file) {
    return unlessMissing(readFile(file), undefined);
  },
  async exists(file) {
    return unlessMissing(
      stat(file).then(() => true),
      false,
    );
  },
  async remove(file) {
    return unlessMissing(
      unlink(file).then(() => true),
      false,
    );
  },
};

async function unlessMissing<T, M>(operation: Promise<T>, missing: M): Promise<T | M> {
  try {
    return await operation;
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return missing;
    throw error;
  }
}
