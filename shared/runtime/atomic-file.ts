import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SetUpError } from '#domain/errors.ts';
import { errorNumber } from '#domain/plain-words.ts';

/** The name of the neighbour file that a write begins with: a version 4 UUID (RFC 9562), hidden. */
const unfinished = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;

export interface AtomicFileOptions {
  /** 0o600 for whatever only its owner may read; 0o644 if absent. */
  mode?: number;
  /** Whether a file of that name may be replaced; refused if absent. */
  overwrite?: boolean;
}

/**
 * Writes a file so that it is there whole or not at all: a neighbour file, synced, then renamed or linked into place.
 * The folder is made if it is not there.
 * @throws SetUpError `refuses-to-overwrite` if the file exists and may not be replaced; the error of node:fs otherwise
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  { mode = 0o644, overwrite = false }: AtomicFileOptions = {},
): Promise<void> {
  await makeFolder(dirname(path));
  const neighbour = join(dirname(path), `.${randomUUID()}.part`);
  try {
    await writeSynced(neighbour, content, mode);
    // A link, unlike a rename, fails if the name is taken.
    await (overwrite ? rename(neighbour, path) : link(neighbour, path));
    await syncFolder(dirname(path)).catch(async (error: unknown) => {
      // What may not last is not there: whoever asked is told of a failure, and begins again.
      if (!overwrite) await rm(path, { force: true });
      throw error;
    });
  } catch (error) {
    if (overwrite || errorNumber(error) !== 'EEXIST') throw error;
    throw new SetUpError('refuses-to-overwrite', { field: path, why: 'exists already', cause: error });
  } finally {
    // It may hold a secret, so it goes whatever failed.
    await rm(neighbour, { force: true });
  }
}

/**
 * Makes a folder, and those that it is to stand in, unless it is there. Not by what node:fs has for it: where a file system makes
 * no folder and says ENOENT, as `/proc` and folders that are mounted on demand do, that would try for ever.
 * @param mode of each that is made, 0o777 less the umask if absent
 * @throws the error of node:fs
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (error) {
    if (await isFolder(folder)) return;
    const parent = dirname(folder);
    if (errorNumber(error) !== 'ENOENT' || (await isFolder(parent))) throw error;
    await makeFolder(parent, mode);
    await makeFolder(folder, mode);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function writeSynced(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a name durable, where folders can be synced: not on Windows. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Removes what writes into a folder left that the process's end cut short: it may hold half a secret, or all of it. For
 * whoever alone writes there.
 * @throws the error of node:fs, but for a folder that is not there
 */
export async function clearUnfinishedFiles(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorNumber(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((each) => unfinished.test(each))) await unlink(join(folder, name));
}
