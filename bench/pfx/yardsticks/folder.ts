import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that nobody else can read, for what programs take from files only: throw-away keys and passwords. */
export interface Folder {
  path(name: string): string;
  /** Writes a file that only its owner can read. @returns its path */
  put(name: string, content: Uint8Array | string): Promise<string>;
  remove(): Promise<void>;
}

export async function makeFolder(): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'escrow-bench-'));
  const path = (name: string) => join(root, name);
  const put = async (name: string, content: Uint8Array | string) => {
    await writeFile(path(name), content, { mode: 0o600 });
    return path(name);
  };
  return { path, put, remove: () => rm(root, { recursive: true }) };
}

/** Does some work with a folder of its own, and removes it. */
export async function inFolder<T>(work: (folder: Folder) => Promise<T>): Promise<T> {
  const folder = await makeFolder();
  try {
    return await work(folder);
  } finally {
    await folder.remove();
  }
}
