import type { S3Request } from './request.ts';

/**
 * What a caller must be allowed for a request (User Guide, "Required permissions for Amazon S3 API operations"; for PutObject
 * with a lock, "Object Lock considerations").
 */
export function requiredActions({ operation, query, headers }: S3Request): readonly string[] {
  const version = query.has('versionId');
  switch (operation) {
    case 'PutObject':
      return headers['x-amz-object-lock-mode'] === undefined
        ? ['s3:PutObject']
        : ['s3:PutObject', 's3:PutObjectRetention'];
    case 'GetObject':
    case 'HeadObject':
      return [version ? 's3:GetObjectVersion' : 's3:GetObject'];
    case 'DeleteObject':
      return [version ? 's3:DeleteObjectVersion' : 's3:DeleteObject'];
    case 'ListObjectVersions':
      return ['s3:ListBucketVersions'];
    case 'ListObjectsV2':
    case 'HeadBucket':
      return ['s3:ListBucket'];
    case 'GetObjectLockConfiguration':
      return ['s3:GetBucketObjectLockConfiguration'];
    case 'PutObjectLockConfiguration':
      return ['s3:PutBucketObjectLockConfiguration'];
    default:
      return [`s3:${operation}`];
  }
}
