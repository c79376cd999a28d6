import { openS3Vault } from '#adapters/s3/s3-vault.ts';
import type { StoredObject } from '#ports/backup-vault.ts';
import type { ManualClock } from '#test/doubles/clock.ts';
import { addBucket, startS3Double } from '#test/doubles/s3/s3-double.ts';
import {
  backupVaultContract,
  type TamperedVaultParts,
  tamperedVaultContract,
} from './backup-vault.contract.ts';
import type { Subject } from './subject.ts';

/** A bucket of the stand-in for Amazon S3, reached over the wire as AWS is: by the SDK's own settings. */
async function onS3(clock: ManualClock): Promise<Subject<TamperedVaultParts>> {
  const double = await startS3Double(() => clock.now().getTime());
  const bucket = addBucket(double, 'backups', { objectLock: true });
  Object.assign(process.env, double.environment);
  const start = (): Subject<TamperedVaultParts> => {
    const vault = openS3Vault({ bucket: 'backups', pageSize: 2 });
    return {
      vault,
      damage({ name, version }: StoredObject) {
        const { bytes } = bucket.find(name, version);
        bytes[0] = (bytes[0] ?? 0) ^ 1;
      },
      lose({ name, version }: StoredObject) {
        bucket.remove(name, version);
      },
      reopen: async () => {
        vault.close();
        return start();
      },
      close: async () => {
        vault.close();
        await double.close();
      },
    };
  };
  return start();
}

backupVaultContract('S3Vault', onS3);
tamperedVaultContract('S3Vault', onS3);
