import { BucketLocationConstraint, S3 } from '@aws-sdk/client-s3';
import { openS3Client } from '#adapters/s3/client.ts';
import { runPrefix, runTag } from './run.ts';

/** Names a bucket with Object Lock in which the tests may write; they make one of their own if it is not set. */
export const bucketVariable = 'ESCROW_TEST_BUCKET';

/** Where a run writes: the bucket, and what the names of its objects begin with. */
export function bucketOfRun(runId: string): { bucket: string; prefix: string; given: boolean } {
  const given = process.env[bucketVariable] ?? '';
  return {
    bucket: given === '' ? `escrow-test-${runId}` : given,
    prefix: `${runPrefix(runId)}/`,
    given: given !== '',
  };
}

/** Makes the bucket of a run, with Object Lock, and tags it; does nothing where the environment names one. */
export async function makeBucket(runId: string): Promise<void> {
  const { bucket, given } = bucketOfRun(runId);
  if (given) return;
  const s3 = openS3();
  const region = await s3.config.region();
  const location = Object.values(BucketLocationConstraint).find((each) => each === region);
  await s3.createBucket({
    Bucket: bucket,
    ObjectLockEnabledForBucket: true,
    // The first region of AWS is the only one that may not be named (API Reference, CreateBucket).
    ...(location !== undefined && { CreateBucketConfiguration: { LocationConstraint: location } }),
  });
  await s3.putBucketTagging({ Bucket: bucket, Tagging: { TagSet: [{ Key: runTag, Value: runId }] } });
  s3.destroy();
}

/**
 * Removes what a run wrote, once the locks have ended, and the bucket that it made.
 * @returns how many versions were removed, and the names of those that stay, since the bucket keeps everybody from removing any
 */
export async function emptyBucket(runId: string): Promise<{ removed: number; left: string[] }> {
  const { bucket: Bucket, prefix, given } = bucketOfRun(runId);
  const s3 = openS3();
  try {
    if (!(await exists(s3, Bucket))) return { removed: 0, left: [] };
    const emptied = await removeObjects(s3, Bucket, prefix);
    if (!given && emptied.left.length === 0) await s3.deleteBucket({ Bucket });
    return emptied;
  } finally {
    s3.destroy();
  }
}

/** A client with every operation, which names buckets as those of ours do. */
function openS3(): S3 {
  const ours = openS3Client();
  ours.destroy();
  return new S3({ forcePathStyle: ours.config.forcePathStyle });
}

async function exists(s3: S3, Bucket: string): Promise<boolean> {
  try {
    await s3.headBucket({ Bucket });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFound') return false;
    throw error;
  }
}

/** Longer than the longest lock of a test. */
const longestWait = 180_000;

async function removeObjects(s3: S3, Bucket: string, Prefix: string) {
  const end = Date.now() + longestWait;
  let removed = 0;
  for (;;) {
    const { Versions: versions = [], DeleteMarkers: markers = [] } = await s3.listObjectVersions({
      Bucket,
      Prefix,
    });
    const left: string[] = [];
    for (const { Key = '', VersionId = '' } of [...versions, ...markers]) {
      if (await removedNow(s3, { Bucket, Key, VersionId })) removed += 1;
      else left.push(Key);
    }
    if (left.length === 0 || Date.now() > end) return { removed, left };
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

async function removedNow(s3: S3, version: { Bucket: string; Key: string; VersionId: string }) {
  try {
    await s3.deleteObject(version);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDenied') return false;
    throw error;
  }
}
