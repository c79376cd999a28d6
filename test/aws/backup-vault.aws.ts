import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { openS3Vault } from '#adapters/s3/s3-vault.ts';
import type { BackupVault, ListedObject } from '#ports/backup-vault.ts';
import { backupVaultContract, type VaultParts } from '#test/contract/backup-vault.contract.ts';
import type { Subject } from '#test/contract/subject.ts';
import { bucketOfRun, makeBucket } from './test-bucket.ts';

/** A lock of COMPLIANCE mode ends for nobody before its time, so a day is half a minute here. */
const dayMilliseconds = 30_000;

let made: Promise<void> | undefined;

/** Each test has names of its own, in the one bucket of the run. */
async function onAws(): Promise<Subject<VaultParts>> {
  const runId = inject('runId');
  made ??= makeBucket(runId);
  await made;
  const { bucket, prefix } = bucketOfRun(runId);
  const own = `${prefix}${randomBytes(6).toString('hex')}/`;
  const start = (): Subject<VaultParts> => {
    const vault = openS3Vault({ bucket, pageSize: 2 });
    const close = async () => vault.close();
    const reopen = async () => {
      vault.close();
      return start();
    };
    return { vault: under(own, vault), now: () => new Date(), dayMilliseconds, reopen, close };
  };
  return start();
}

/** A vault in which every name begins alike, behind the tests' back. */
function under(prefix: string, vault: BackupVault): BackupVault {
  const own = <T extends ListedObject>(object: T): T => ({
    ...object,
    name: object.name.slice(prefix.length),
  });
  return {
    put: async (name, bytes, until) => own(await vault.put(prefix + name, bytes, until)),
    read: (name, version) => vault.read(prefix + name, version),
    describe: async (name, version) => own(await vault.describe(prefix + name, version)),
    extendRetention: (name, version, until) => vault.extendRetention(prefix + name, version, until),
    list: async (start, cursor) => {
      const page = await vault.list(prefix + start, cursor);
      return { ...page, items: page.items.map(own) };
    },
  };
}

backupVaultContract('S3Vault on AWS', onAws);
