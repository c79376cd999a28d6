import type { Use } from './functions.ts';

/** An action of Amazon S3, and whether it is about the bucket or about an object in it. */
export interface S3Permission {
  action: `s3:${string}`;
  on: 'bucket' | 'objects';
}

const onObjects = (action: S3Permission['action']): S3Permission => ({ action, on: 'objects' });
const onBucket = (action: S3Permission['action']): S3Permission => ({ action, on: 'bucket' });

/**
 * What each use of the backups needs of their bucket, and no more. (Of the AWS KMS key that they are under, reading needs
 * `kms:Decrypt`, and writing `kms:GenerateDataKey`; both need both, since S3 keeps checksums under that key too: API
 * Reference, HeadObject, "Permissions".)
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
  ],
  'backups:write': [
    onObjects('s3:PutObject'),
    onObjects('s3:PutObjectRetention'),
    onObjects('s3:GetObject'),
    onObjects('s3:GetObjectRetention'),
  ],
  'backups:list': [onBucket('s3:ListBucketVersions')],
} as const satisfies Partial<Record<Use, readonly S3Permission[]>>;
