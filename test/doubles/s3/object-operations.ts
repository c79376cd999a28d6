import { checksumHeaders, encryptionHeaders, objectHeaders, type S3Answer } from './answer.ts';
import type { Bucket, Encryption, Version } from './bucket.ts';
import { checkedChecksum, checkMd5, etagOf } from './checksums.ts';
import type { S3Request } from './request.ts';
import { requireDeletable, requireReplaceable, retentionInDocument, retentionOfWrite } from './retention.ts';
import { s3Error } from './s3-error.ts';

/** What an operation works on. */
export interface Context {
  bucket: Bucket;
  request: S3Request;
  /** Milliseconds since 1970, by the clock that locks go by. */
  now: number;
  /** How often something of the key had been deleted when the request came in. */
  deletionsBefore: number;
  /** Whether the caller has a permission, as in `s3:GetObjectRetention`. */
  may(action: string): boolean;
}

/** API Reference, PutObject; User Guide, "How to prevent object overwrites with conditional writes". */
export function putObject({ bucket, request, now, deletionsBefore }: Context): S3Answer {
  const { key, headers, body } = request;
  checkMd5(headers, body);
  const checksum = checkedChecksum(headers, body);
  const retention = retentionOfWrite(headers, bucket, now);
  if (retention !== undefined && checksum === undefined && headers['content-md5'] === undefined) {
    const why =
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters';
    throw s3Error('InvalidRequest', why);
  }
  requireCondition(bucket, request, deletionsBefore);
  const encryption = encryptionOf(headers) ?? bucket.encryption;
  const etag = etagOf(body);
  const written = { key, marker: false, bytes: Buffer.from(body), etag, written: now };
  const { id } = bucket.add({ ...written, checksum, retention, encryption });
  return {
    headers: {
      etag,
      ...(bucket.versioned && { 'x-amz-version-id': id }),
      ...(checksum && checksumHeaders(checksum)),
      ...encryptionHeaders(encryption),
    },
  };
}

/** A marker is no object: over it, a name is free. What is deleted while a write is under way makes that a conflict. */
function requireCondition(bucket: Bucket, { key, headers }: S3Request, deletionsBefore: number): void {
  const condition = headers['if-none-match'];
  if (condition === undefined) return;
  if (condition !== '*')
    throw s3Error('NotImplemented', 'A header you provided implies functionality that is not implemented');
  if (bucket.current(key) !== undefined) {
    throw s3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  if (bucket.deletions(key) !== deletionsBefore) {
    throw s3Error(
      'ConditionalRequestConflict',
      'A conflicting operation is in progress against this resource. Please try again.',
    );
  }
}

function encryptionOf(headers: S3Request['headers']): Encryption | undefined {
  const algorithm = headers['x-amz-server-side-encryption'];
  if (algorithm === undefined) return undefined;
  if (algorithm !== 'aws:kms' && algorithm !== 'AES256')
    throw s3Error('InvalidArgument', 'no such encryption');
  return {
    algorithm,
    keyId: headers['x-amz-server-side-encryption-aws-kms-key-id'],
    bucketKey: headers['x-amz-server-side-encryption-bucket-key-enabled'] === 'true',
  };
}

export function getObject(context: Context): S3Answer {
  return { ...headObject(context), body: found(context).bytes };
}

export function headObject(context: Context): S3Answer {
  const { bucket, request, may } = context;
  const version = found(context);
  const headers = objectHeaders(version, {
    versioned: bucket.versioned,
    showLock: may('s3:GetObjectRetention'),
    showChecksum: request.headers['x-amz-checksum-mode'] === 'ENABLED',
  });
  return { headers: { ...headers, 'content-length': String(version.bytes.length) } };
}

/** Whoever may not list is not told that there is nothing (API Reference, GetObject, "Permissions"). */
function found({ bucket, request, may }: Context): Version {
  try {
    return bucket.find(request.key, request.query.get('versionId') ?? undefined);
  } catch (error) {
    throw may('s3:ListBucket') ? error : s3Error('AccessDenied', 'Access Denied');
  }
}

/** API Reference, DeleteObject; User Guide, "Deleting object versions from a versioning-enabled bucket". */
export function deleteObject({ bucket, request, now }: Context): S3Answer {
  const { key, query, headers } = request;
  const id = query.get('versionId');
  if (id === null) {
    const marker = bucket.mark(key, now);
    return {
      status: 204,
      headers: { 'x-amz-delete-marker': marker && 'true', 'x-amz-version-id': marker?.id },
    };
  }
  const bypass = headers['x-amz-bypass-governance-retention'] === 'true';
  const version = bucket.versions(key).find((each) => each.key === key && each.id === id);
  requireDeletable(version?.retention, now, bypass);
  bucket.remove(key, id);
  return {
    status: 204,
    headers: { 'x-amz-delete-marker': version?.marker === true ? 'true' : undefined, 'x-amz-version-id': id },
  };
}

/** API Reference, PutObjectRetention. */
export function putObjectRetention(context: Context): S3Answer {
  const { bucket, request, now } = context;
  const { headers, body } = request;
  checkMd5(headers, body);
  if (checkedChecksum(headers, body) === undefined && headers['content-md5'] === undefined) {
    throw s3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
  if (!bucket.objectLock) throw s3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const version = found(context);
  const next = retentionInDocument(body.toString('utf8'), now);
  requireReplaceable(version.retention, next, now, headers['x-amz-bypass-governance-retention'] === 'true');
  version.retention = next;
  return {};
}

/** API Reference, GetObjectRetention. */
export function getObjectRetention(context: Context): S3Answer {
  if (!context.bucket.objectLock) {
    throw s3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  }
  const { retention } = found(context);
  if (retention === undefined) {
    throw s3Error(
      'NoSuchObjectLockConfiguration',
      'The specified object does not have a ObjectLock configuration',
    );
  }
  const content = { Mode: retention.mode, RetainUntilDate: new Date(retention.until).toISOString() };
  return { body: { root: 'Retention', content } };
}
