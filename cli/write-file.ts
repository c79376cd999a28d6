import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EscrowError, SetUpError } from '#domain/errors.ts';
import { errorNumber, fileError } from '#domain/plain-words.ts';
import { writeFileAtomically } from '#runtime/atomic-file.ts';

/**
 * Writes a file whole or not at all, and never over another.
 * @throws SetUpError `refuses-to-overwrite`, `usage`; StoreError `store-unavailable`
 */
export async function writeNewFile(file: string, content: Uint8Array | string, mode: number): Promise<void> {
  try {
    await writeFileAtomically(file, content, { mode });
  } catch (error) {
    throw error instanceof EscrowError ? error : writingError(file, error);
  }
}

/** Where nothing was read, a name that is not there is no mistake in the name. */
function writingError(file: string, cause: unknown): EscrowError {
  if (errorNumber(cause) !== 'ENOENT') return fileError(file, cause);
  return new SetUpError('usage', {
    field: file,
    why: 'nothing can be written there',
    next: 'Name another place.',
    cause,
  });
}

/**
 * Whether a name is taken: by a link that leads nowhere, too.
 * @throws SetUpError `usage`, StoreError `store-unavailable` if that cannot be known
 */
export function isTaken(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return false;
    throw fileError(file, error);
  }
}

/**
 * Whether a new file can be written under a name, before anything is done that could not be repeated.
 * @throws SetUpError `refuses-to-overwrite` if the name is taken, `usage` if its folder is not there: a slip in its name would
 *   otherwise put a private key where nobody looks for it; as `isTaken`
 */
export function checkNotTaken(file: string): void {
  checkFolder(file);
  if (isTaken(file)) throw new SetUpError('refuses-to-overwrite', { field: file, why: 'it exists already' });
}

function checkFolder(file: string): void {
  try {
    statSync(dirname(file));
  } catch (cause) {
    if (errorNumber(cause) !== 'ENOENT') throw fileError(file, cause);
    const why = 'its folder does not exist';
    throw new SetUpError('usage', { field: file, why, next: 'Make it first, or name another place.', cause });
  }
}
