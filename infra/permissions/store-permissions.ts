import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Use } from '#contract/functions.ts';
import { type BackupPermission, s3Permissions, segmentPermissions } from '#contract/s3-permissions.ts';
import { throughService } from './through-service.ts';

export interface Stores {
  backups: IBucket;
  segments: IBucket;
  /** Whether the segments stand in a bucket of another account, under keys of its own. */
  hasSegmentsElsewhere: boolean;
  canarySecret: ISecret;
  vaultKey: IKey;
}

/** @returns the statements for the uses among `uses` that are of backups, of segments, and of the canaries' secret */
export function storeStatements(uses: readonly Use[], stores: Stores): PolicyStatement[] {
  const { backups, segments, vaultKey, hasSegmentsElsewhere } = stores;
  const ofBackups = uses
    .filter(isBackupUse)
    .flatMap((use) => bucketStatements(s3Permissions[use], backups, vaultKey));
  const segmentKey = hasSegmentsElsewhere ? undefined : vaultKey;
  const ofSegments = uses
    .filter(isSegmentUse)
    .flatMap((use) => bucketStatements(segmentPermissions[use], segments, segmentKey));
  const reads = uses.includes('canary-secret:read');
  return [
    ...ofBackups,
    ...ofSegments,
    ...(reads ? secretStatements(stores.canarySecret, stores.vaultKey) : []),
  ];
}

type BackupUse = keyof typeof s3Permissions;

function isBackupUse(use: Use): use is BackupUse {
  return Object.hasOwn(s3Permissions, use);
}

type SegmentUse = keyof typeof segmentPermissions;

function isSegmentUse(use: Use): use is SegmentUse {
  return Object.hasOwn(segmentPermissions, use);
}

function bucketStatements(
  permissions: readonly BackupPermission[],
  bucket: IBucket,
  vaultKey: IKey | undefined,
): PolicyStatement[] {
  const actionsOn = (on: BackupPermission['on']): string[] =>
    permissions.filter((permission) => permission.on === on).map(({ action }) => action);
  // Objects are named by the organization, and the enrollment and the attempt, or the segment.
  const objects = [bucket.arnForObjects('*')];
  const onObjects = actionsOn('objects');
  const writes = Object.entries(lockedInCompliance).filter(([action]) => onObjects.includes(action));
  const written = writes.map(([action]) => action);
  const reads = onObjects.filter((action) => !written.includes(action));
  const key = actionsOn('key');
  return [
    ...writes.flatMap(([action, conditions]) => allow([action], objects, conditions)),
    ...allow(reads, objects),
    ...allow(actionsOn('bucket'), [bucket.bucketArn]),
    ...(key.length === 0 || vaultKey === undefined ? [] : [throughService(vaultKey, 's3', key)]),
  ];
}

function allow(actions: string[], resources: string[], conditions = {}): PolicyStatement[] {
  return actions.length === 0 ? [] : [new PolicyStatement({ actions, resources, conditions })];
}

/** @returns what it takes to read one secret */
export function secretStatements(secret: ISecret, vaultKey: IKey): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] }),
    throughService(vaultKey, 'secretsmanager', ['kms:Decrypt']),
  ];
}

/** @returns what it takes to follow the stream of a table, as AWS Lambda does in the function's name */
export function streamStatements(table: ITable, vaultKey: IKey): PolicyStatement[] {
  const stream = table.tableStreamArn;
  if (stream === undefined) throw new RangeError('the table has no stream');
  return [
    new PolicyStatement({
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: [stream],
    }),
    new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }),
    throughService(vaultKey, 'dynamodb', ['kms:Decrypt']),
  ];
}

/**
 * A lock of COMPLIANCE mode can be extended, and never shortened or changed to another, by whoever it is (Amazon S3 user guide,
 * "Object Lock"): so an object is written in that mode alone. When a lock is extended, its mode stands in the body of the request;
 * whether S3 tells it then is not documented.
 */
const lockedInCompliance = {
  's3:PutObject': { StringEquals: { 's3:object-lock-mode': 'COMPLIANCE' } },
  's3:PutObjectRetention': { StringEqualsIfExists: { 's3:object-lock-mode': 'COMPLIANCE' } },
} as const;
