import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file that must not exist yet: whole, durable and readable by its owner alone, or not at all. The bytes go to
 * a temporary file first; `link` then gives it its name, which (unlike `rename`) never replaces what is there.
 * @param path where the file is to stand
 * @param temporary a path in the same folder; what a crash leaves there is not the file
 * @returns false if a file of that name exists; it was left as it is
 * @throws the file system's own error, for the caller to translate
 */
export async function writeOnce(path: string, temporary: string, content: Uint8Array): Promise<boolean> {
  await writeDurably(temporary, content);
  try {
    await link(temporary, path);
  } catch (error) {
    if (isFileError(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a created or removed name durable; a folder cannot be opened on Windows, and needs no such call there. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Whether an error is the file system's, with one of these codes, such as `ENOENT`. */
export function isFileError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => error.code === code);
}
