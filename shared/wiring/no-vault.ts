import { InternalError } from '#domain/errors.ts';
import type { BackupVault } from '#ports/backup-vault.ts';

/** The vault of a function that has no business with backups: whoever asks it for anything has gone wrong. */
export const noVault: BackupVault = {
  put: refuse,
  read: refuse,
  describe: refuse,
  extendRetention: refuse,
  list: refuse,
};

async function refuse(): Promise<never> {
  throw new InternalError('internal', { cause: 'a function without backups asked for one' });
}
