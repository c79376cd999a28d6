import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { StoreError } from '#domain/errors.ts';
import { type Database, openLockedKeys } from './database.ts';

/**
 * Opens the file of the locked keys that belongs to a database; made if it is not there, unless keys are locked in it: an empty
 * one in its place would hide that they are lost, and be in the way when a copy is put back.
 * @param database opened by `openDatabase`
 * @throws StoreError `object-missing` naming the file; what `openLockedKeys` throws
 */
export function openLockedKeysOf(database: Database, file: string): Database {
  if (!existsSync(file) && namesLockedKeys(database)) {
    throw new StoreError('object-missing', {
      field: basename(file),
      why: 'is not there, and the keys of this data folder are locked in it',
      next: 'Put back a copy of the whole data folder.',
    });
  }
  return openLockedKeys(file);
}

function namesLockedKeys(database: Database): boolean {
  const named = database.prepare(`
    SELECT 1 AS one FROM aggregates
    WHERE type = 'enrollment' AND record ->> '$.key.lockedKeyId' IS NOT NULL LIMIT 1`);
  return named.get() !== undefined;
}
