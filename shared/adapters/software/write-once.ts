import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorNumber } from '#domain/plain-words.ts';
import { syncFolder } from '../sync-folder.ts';

/**
 * Writes a file that must not exist yet: whole, durable and for its owner alone, or not at all. The bytes go to
 * a temporary file first; `link` then gives it its name, which (unlike `rename`) never replaces what is there.
 * @param path where the file is to stand
 * @param temporary a path in the same folder; what a crash leaves there is not the file
 * @param mode 0o600, or 0o400 for what nobody is to change
 * @returns false if a file of that name exists; it was left as it is
 * @throws the file system's own error, for the caller to translate
 */
export async function writeOnce(
  path: string,
  temporary: string,
  content: Uint8Array,
  mode = 0o600,
): Promise<boolean> {
  await writeDurably(temporary, content, mode);
  try {
    await link(temporary, path);
  } catch (error) {
    if (errorNumber(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

async function writeDurably(path: string, content: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
