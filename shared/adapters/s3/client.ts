import { S3Client } from '@aws-sdk/client-s3';
import { clientSettings, neverInClear } from '../aws/client.ts';

/**
 * A client of Amazon S3, as all of ours are made. An endpoint of one's own gets the bucket in the path: it rarely has a name, and a
 * certificate, for each bucket as AWS has.
 */
export function openS3Client(): S3Client {
  const { AWS_ENDPOINT_URL_S3: own, AWS_ENDPOINT_URL: general } = process.env;
  const forcePathStyle = (own ?? general ?? '') !== '';
  return neverInClear(new S3Client({ ...clientSettings, forcePathStyle }));
}
