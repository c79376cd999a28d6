import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase, openLockedKeys } from '#adapters/sqlite/database.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { EscrowError } from '#domain/errors.ts';

/** An implementation under a contract suite, on a store of its own. */
export type Subject<T> = T & {
  /** Ends the implementation and starts it again on the same store. */
  reopen(): Promise<Subject<T>>;
  /** Ends it and removes its store. */
  close(): Promise<void>;
  /** Waits until lists show what was written, where a store's lists follow its writes moments later. */
  settled?(): Promise<void>;
};

/** A subject that may take a while to start. */
export type Making<T> = Subject<T> | Promise<Subject<T>>;

export interface OpenFolder {
  path: string;
  database: Database;
  lockedKeys: Database;
}

/** A subject on SQLite and files, in a temporary folder. */
export function onDataFolder<T extends object>(build: (folder: OpenFolder) => T): Subject<T> {
  const path = mkdtempSync(join(tmpdir(), 'escrow-contract-'));
  const start = (): Subject<T> => {
    const database = openDatabase(join(path, 'escrow.db'));
    const lockedKeys = openLockedKeys(join(path, 'locked-keys.db'));
    const end = () => {
      database.close();
      lockedKeys.close();
    };
    return {
      ...build({ path, database, lockedKeys }),
      async reopen() {
        end();
        return start();
      },
      async close() {
        end();
        rmSync(path, { recursive: true, force: true });
      },
    };
  };
  return start();
}

/** A subject in memory, which cannot be ended and started again. */
export function inMemory<T extends object>(parts: T): Subject<T> {
  const subject: Subject<T> = {
    ...parts,
    async reopen() {
      return subject;
    },
    async close() {},
  };
  return subject;
}

/** How a call ended: `done`, or the code that it was refused with. Any other error is none of ours and goes on. */
export async function outcomeOf(call: Promise<unknown>): Promise<'done' | ErrorCode> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof EscrowError) return error.code;
    throw error;
  }
}
