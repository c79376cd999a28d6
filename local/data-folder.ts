import { type DataFolderLock, lockDataFolder } from '#adapters/sqlite/data-folder-lock.ts';
import { StoreError } from '#domain/errors.ts';
import { makeFolder } from '#runtime/atomic-file.ts';

/**
 * Takes a data folder for this process alone; made with mode 0700 if it is not there.
 * @throws as `lockDataFolder`
 */
export async function takeDataFolder(folder: string): Promise<DataFolderLock> {
  try {
    await makeFolder(folder, 0o700);
  } catch (cause) {
    throw new StoreError('store-unavailable', { cause });
  }
  return lockDataFolder(folder);
}
