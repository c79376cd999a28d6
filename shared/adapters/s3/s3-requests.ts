import {
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StoreError } from '#domain/errors.ts';
import type { RequestOptions } from '../aws/repeated-calls.ts';
import { causeOf, messageOf } from '../aws/sdk-errors.ts';

/** An object of a bucket, or one version of it. */
export interface Target {
  Bucket: string;
  Key: string;
  VersionId?: string;
}

/** What a read gave: the bytes, and the SHA-256 that the store has of them, in base64. */
export type ReadObject = { bytes: Uint8Array; checksum: string | undefined } | 'damaged';

/**
 * Reads an object whole, within one request: bytes that stop coming are a request that failed. The SDK compares them with the
 * checksum that came along, and throws if that is another's.
 */
export async function getObject(
  client: S3Client,
  target: Target,
  request: RequestOptions,
): Promise<ReadObject> {
  const { Body: body, ChecksumSHA256: checksum } = await client.send(
    new GetObjectCommand({ ...target, ChecksumMode: 'ENABLED' }),
    request,
  );
  try {
    return { bytes: (await body?.transformToByteArray()) ?? new Uint8Array(), checksum };
  } catch (error) {
    if (messageOf(error).startsWith('Checksum mismatch')) return 'damaged';
    throw error;
  }
}

/** Asks what the store knows of an object; a refusal has its name, as of every other request. */
export async function headObject(
  client: S3Client,
  target: Target,
  request: RequestOptions,
): Promise<HeadObjectCommandOutput> {
  try {
    return await client.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }), request);
  } catch (error) {
    throw await named(client, target, request, error);
  }
}

/**
 * The reason for which HEAD was refused. Its answer has no body, so its status is all that it tells: a missing object, a missing
 * bucket and expired credentials look alike (API Reference, HeadObject). Another request about the same object tells them apart.
 */
async function named(
  client: S3Client,
  target: Target,
  request: RequestOptions,
  refusal: unknown,
): Promise<unknown> {
  const status = statusOf(refusal);
  if (status < 300 || status >= 500) return refusal;
  try {
    await client.send(new GetObjectRetentionCommand(target), request);
  } catch (error) {
    return error;
  }
  if (status !== 403) return refusal;
  const why =
    'Amazon S3 does not allow this service to read backups, or to use the AWS KMS key that they are under';
  const next = 'Give the service the permissions that docs/s3.md names.';
  return new StoreError('store-misconfigured', { why, next, cause: causeOf(refusal) });
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0;
  const metadata: unknown = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
