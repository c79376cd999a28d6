import { afterEach } from 'vitest';
import { openS3Vault, type S3Vault, type S3VaultSettings } from '#adapters/s3/s3-vault.ts';
import type { Bucket, BucketSettings } from '#test/doubles/s3/bucket.ts';
import { addBucket, type S3Double, startS3Double } from '#test/doubles/s3/s3-double.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';

export interface OpenedVault {
  vault: S3Vault;
  double: S3Double;
  bucket: Bucket;
  /** The operations that were asked for since the last time this was asked. */
  operations(): string[];
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A vault on a bucket of its own stand-in, closed after the test. Nothing waits in earnest. */
export async function openedVault(
  settings: BucketSettings = { objectLock: true },
  vaultSettings: Partial<S3VaultSettings> = {},
): Promise<OpenedVault> {
  const double = await startS3Double();
  ends.push(() => double.close());
  const bucket = addBucket(double, 'backups', settings);
  Object.assign(process.env, double.environment);
  const vault = openS3Vault({ bucket: 'backups', waiting: fakeWaiting(), ...vaultSettings });
  ends.push(() => vault.close());
  return { vault, double, bucket, operations: () => double.log.splice(0) };
}
