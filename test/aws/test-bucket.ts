import { BucketLocationConstraint, S3 } from '@aws-sdk/client-s3';
import { openS3Client } from '#adapters/s3/client.ts';
import { runPrefix, runTag } from './run.ts';

/** Names a bucket with Object Lock in which the tests may write; they make one of their own if it is not set. */
export const bucketVariable = 'ESCROW_TEST_BUCKET';

export interface TestBucket {
  name: string;
  /** What the names of a run's objects begin with. */
  prefix: string;
  /**
   * Removes what the run wrote, once the locks have ended, and the bucket if it was made.
   * @returns the names of the objects that stay, since the bucket keeps everybody from removing any
   */
  remove(): Promise<string[]>;
}

/** A bucket with Object Lock for a run, made and tagged, or the one that the environment names. */
export async function openTestBucket(runId: string): Promise<TestBucket> {
  const given = process.env[bucketVariable] ?? '';
  const prefix = `${runPrefix(runId)}/`;
  const s3 = clientLikeThoseOfOurs();
  const name = given === '' ? `escrow-test-${runId}` : given;
  if (given === '') await makeBucket(s3, name, runId);
  return {
    name,
    prefix,
    remove: async () => {
      const left = await removeObjects(s3, name, prefix);
      if (given === '' && left.length === 0) await s3.deleteBucket({ Bucket: name });
      s3.destroy();
      return left;
    },
  };
}

function clientLikeThoseOfOurs(): S3 {
  const { forcePathStyle } = openS3Client().config;
  return new S3({ forcePathStyle });
}

async function makeBucket(s3: S3, name: string, runId: string): Promise<void> {
  const region = await s3.config.region();
  const location = Object.values(BucketLocationConstraint).find((each) => each === region);
  await s3.createBucket({
    Bucket: name,
    ObjectLockEnabledForBucket: true,
    // The first region of AWS is the only one that may not be named (API Reference, CreateBucket).
    ...(location !== undefined && { CreateBucketConfiguration: { LocationConstraint: location } }),
  });
  await s3.putBucketTagging({ Bucket: name, Tagging: { TagSet: [{ Key: runTag, Value: runId }] } });
}

/** Longer than the longest lock of a test. */
const longestWait = 180_000;

async function removeObjects(s3: S3, Bucket: string, Prefix: string): Promise<string[]> {
  const end = Date.now() + longestWait;
  for (;;) {
    const { Versions: versions = [], DeleteMarkers: markers = [] } = await s3.listObjectVersions({
      Bucket,
      Prefix,
    });
    const left: string[] = [];
    for (const { Key = '', VersionId = '' } of [...versions, ...markers]) {
      if (!(await removed(s3, { Bucket, Key, VersionId }))) left.push(Key);
    }
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

async function removed(
  s3: S3,
  version: { Bucket: string; Key: string; VersionId: string },
): Promise<boolean> {
  try {
    await s3.deleteObject(version);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDenied') return false;
    throw error;
  }
}
