import { openS3Client } from '#adapters/s3/client.ts';
import { S3Vault } from '#adapters/s3/s3-vault.ts';
import { environmentNames } from '#contract/environment.ts';
import type { BackupVault, StoredObject } from '#ports/backup-vault.ts';
import { requireTime } from '#runtime/lambda/invocation.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** Stores and locks nothing for an invocation whose time was up: nobody could remove it for years. */
class TimedVault extends S3Vault {
  override async put(name: string, bytes: Uint8Array, retainUntil: Date): Promise<StoredObject> {
    requireTime();
    return await super.put(name, bytes, retainUntil);
  }

  override async extendRetention(name: string, version: string, retainUntil: Date): Promise<void> {
    requireTime();
    await super.extendRetention(name, version, retainUntil);
  }
}

/** Where escrowed backups are kept. @throws SetUpError `not-set-up` */
export function openVault({ environment }: Pick<Opening, 'environment'>): BackupVault {
  return new TimedVault(openS3Client(), { bucket: given(environment, environmentNames.backupBucket) });
}
