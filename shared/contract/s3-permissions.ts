import type { Use } from './functions.ts';

/** An action, and what it is done to: the bucket, an object in it, or the AWS KMS key that the objects are under. */
export type BackupPermission =
  | { on: 'bucket' | 'objects'; action: `s3:${string}` }
  | { on: 'key'; action: `kms:${string}` };

const onObjects = (action: `s3:${string}`): BackupPermission => ({ on: 'objects', action });
const onBucket = (action: `s3:${string}`): BackupPermission => ({ on: 'bucket', action });

/** S3 keeps checksums under the key too, so it needs both to write and to tell one (API Reference, PutObject and HeadObject). */
const key: readonly BackupPermission[] = [
  { on: 'key', action: 'kms:Decrypt' },
  { on: 'key', action: 'kms:GenerateDataKey' },
];

/**
 * What each use of the ledgers' segments needs of Amazon S3, and no more. Whoever may not list the bucket is told that a missing
 * segment is forbidden, and to seal takes to know that one is missing. The key is there where the bucket is the service's own.
 */
export const segmentPermissions = {
  'segments:read': [
    onObjects('s3:GetObject'),
    onBucket('s3:ListBucket'),
    { on: 'key', action: 'kms:Decrypt' },
  ],
  'segments:list': [onBucket('s3:ListBucket')],
  'segments:write': [
    onObjects('s3:PutObject'),
    onObjects('s3:PutObjectRetention'),
    onObjects('s3:GetObject'),
    onBucket('s3:ListBucket'),
    ...key,
  ],
} as const satisfies Partial<Record<Use, readonly BackupPermission[]>>;

/**
 * What each use of the backups needs of Amazon S3, and no more.
 *
 * - Reading is by version, and tells the retention. Whoever may not list the bucket is told that a missing object is forbidden
 *   (API Reference, GetObject, "Permissions"), so that a lost backup would look like a missing permission.
 * - Writing looks, under a name that is taken, at what is there.
 */
export const s3Permissions = {
  'backups:read': [
    onObjects('s3:GetObjectVersion'),
    onObjects('s3:GetObjectRetention'),
    onBucket('s3:ListBucket'),
    ...key,
  ],
  'backups:write': [
    onObjects('s3:PutObject'),
    onObjects('s3:PutObjectRetention'),
    onObjects('s3:GetObject'),
    onObjects('s3:GetObjectRetention'),
    ...key,
  ],
  'backups:list': [onBucket('s3:ListBucketVersions')],
} as const satisfies Partial<Record<Use, readonly BackupPermission[]>>;
