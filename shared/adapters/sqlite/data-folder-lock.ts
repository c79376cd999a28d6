import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SetUpError, StoreError } from '#domain/errors.ts';
import { makePrivateFile } from './database.ts';

export interface DataFolderLock {
  /** Lets go of the folder. Releasing again does nothing. */
  release(): void;
}

/** Mode bits that let the group, or everybody, write. */
const writableByOthers = 0o022;

/** SQLITE_BUSY (sqlite.org/rescode.html). */
const busy = 5;

// A connection that nobody refers to is closed by the garbage collector, and its lock with it.
const held = new Set<DatabaseSync>();

/**
 * Takes a data folder for this process alone. The lock is the operating system's, on a small database held in an
 * exclusive transaction: it ends with the process, however that ends, and needs no process id that may be stale.
 * Nobody in this process may open `lock.db` in another way: closing it would drop the lock.
 * @param folder made with mode 0700 if it is not there
 * @throws SetUpError `data-folder-in-use` if another process, or another part of this one, has it; `usage` if other users of this
 *   machine may write into it
 * @throws StoreError `store-unavailable`
 */
export function lockDataFolder(folder: string): DataFolderLock {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    refuseOpenFolder(folder);
    const file = join(folder, 'lock.db');
    makePrivateFile(file);
    return hold(new DatabaseSync(file, { timeout: 0 }));
  } catch (cause) {
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === busy) {
      throw new SetUpError('data-folder-in-use', { cause });
    }
    if (cause instanceof SetUpError) throw cause;
    throw new StoreError('store-unavailable', { cause });
  }
}

/**
 * Whoever may write into the folder can put another file, or a link to one, in the place of each that is kept or made there. The
 * folder is not changed instead: it may be one that others need, as `/tmp` is.
 */
function refuseOpenFolder(folder: string): void {
  if (process.platform === 'win32' || (statSync(folder).mode & writableByOthers) === 0) return;
  throw new SetUpError('usage', {
    field: folder,
    why: 'other users of this machine may write into it',
    next: 'Run chmod go-w on it if it is for this service alone, or name another folder.',
  });
}

function hold(connection: DatabaseSync): DataFolderLock {
  try {
    // The journal stays in memory: nothing is written, so nothing needs to be rolled back after a crash.
    connection.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    throw error;
  }
  held.add(connection);
  return {
    release() {
      if (held.delete(connection)) connection.close();
    },
  };
}
