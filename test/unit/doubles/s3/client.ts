import { Agent } from 'node:http';
import { S3 } from '@aws-sdk/client-s3';
import { afterEach } from 'vitest';
import type { Bucket, BucketSettings } from '#test/doubles/s3/bucket.ts';
import { addBucket, type S3Double, startS3Double } from '#test/doubles/s3/s3-double.ts';

export interface OpenedDouble {
  double: S3Double;
  bucket: Bucket;
  s3: S3;
  /** A client that names the bucket in the host, as it does on AWS. */
  byHost: S3;
  clock: { now: number };
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A stand-in with a bucket `backups`, and the SDK's client as it is without any setting of ours. */
export async function openedDouble(settings: BucketSettings = { objectLock: true }): Promise<OpenedDouble> {
  const clock = { now: Date.now() };
  const double = await startS3Double(() => clock.now);
  ends.push(() => double.close());
  const general = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' },
    maxAttempts: 1,
  };
  const s3 = new S3({ ...general, endpoint: double.endpoint, forcePathStyle: true });
  const lookup = (
    _name: string,
    _options: object,
    found: (error: null, addresses: { address: string; family: number }[]) => void,
  ) => found(null, [{ address: '127.0.0.1', family: 4 }]);
  const byHost = new S3({
    ...general,
    endpoint: double.endpoint.replace('127.0.0.1', 'localhost'),
    requestHandler: { httpAgent: new Agent({ lookup }) },
  });
  for (const client of [s3, byHost]) ends.push(() => client.destroy());
  return { double, bucket: addBucket(double, 'backups', settings), s3, byHost, clock };
}

/** The name that a call was refused by. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  const refused: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  return refused instanceof Error ? refused.name : 'done';
}
