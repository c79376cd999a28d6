import { lstatSync } from 'node:fs';
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
    throw error instanceof EscrowError ? error : fileError(file, error);
  }
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

/** @throws SetUpError `refuses-to-overwrite` if the name is taken, before anything is done that could not be repeated */
export function checkNotTaken(file: string): void {
  if (isTaken(file)) throw new SetUpError('refuses-to-overwrite', { field: file, why: 'it exists already' });
}
