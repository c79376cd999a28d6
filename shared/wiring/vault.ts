import { openS3Vault } from '#adapters/s3/s3-vault.ts';
import { environmentNames } from '#contract/environment.ts';
import type { BackupVault } from '#ports/backup-vault.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** Where escrowed backups are kept. @throws SetUpError `not-set-up` */
export function openVault({ environment }: Pick<Opening, 'environment'>): BackupVault {
  return openS3Vault({ bucket: given(environment, environmentNames.backupBucket) });
}
