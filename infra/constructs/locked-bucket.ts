import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface LockedBucketProps {
  encryptionKey: IKey;
  accessLogs: IBucket;
  /** What the names of its access logs begin with. */
  logPrefix: string;
  /** How long an object is locked that names no other time; it may be given a longer one. */
  defaultRetention: Duration;
}

/** A retention of COMPLIANCE mode cannot be taken back, so a slip of the pen must not lock an object for a century. */
const longestRetentionDays = 20 * 366;

/**
 * Keeps objects, each created once under its own name, and removed by nobody.
 *
 * Object Lock is in COMPLIANCE mode, not GOVERNANCE. Whom it is to stop is an administrator, or whoever holds an
 * administrator's credentials, and GOVERNANCE gives way to just those (`s3:BypassGovernanceRetention`).
 */
export class LockedBucket extends Bucket {
  constructor(scope: Construct, id: string, props: LockedBucketProps) {
    const { encryptionKey, accessLogs, logPrefix, defaultRetention } = props;
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      bucketKeyEnabled: true,
      encryption: BucketEncryption.KMS,
      encryptionKey,
      enforceSSL: true,
      lifecycleRules: [{ id: 'no-half-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      minimumTLSVersion: 1.2,
      objectLockDefaultRetention: ObjectLockRetention.compliance(defaultRetention),
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: logPrefix,
      versioned: true,
    });
    this.refuseRemoval();
    this.refuseOverwriting();
    this.refuseOtherEncryption(encryptionKey);
    this.refuseWeakOrEndlessRetention();
  }

  private refuseRemoval(): void {
    this.refuse('NobodyRemovesAnObject', {
      actions: ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion'],
    });
  }

  /** Object Lock keeps the old version of an overwritten object; this keeps its name from being taken at all. */
  private refuseOverwriting(): void {
    this.refuse('EachNameIsWrittenOnce', {
      actions: ['s3:PutObject'],
      conditions: {
        Bool: { 's3:ObjectCreationOperation': 'true' },
        Null: { 's3:if-none-match': 'true' },
      },
    });
  }

  /**
   * A write that names no encryption gets the bucket's own; one that names any must name this key. (`aws:kms` without a
   * key would mean the account's shared key, and a missing key id counts as not equal.)
   */
  private refuseOtherEncryption(encryptionKey: IKey): void {
    this.refuse('NoOtherEncryptionKey', {
      actions: ['s3:PutObject'],
      conditions: {
        Null: { 's3:x-amz-server-side-encryption': 'false' },
        StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': encryptionKey.keyArn },
      },
    });
  }

  private refuseWeakOrEndlessRetention(): void {
    const actions = ['s3:PutObject', 's3:PutObjectRetention'];
    this.refuse('NoRetentionThatAnAdministratorLifts', {
      actions,
      conditions: { StringEquals: { 's3:object-lock-mode': 'GOVERNANCE' } },
    });
    this.refuse('NoEndlessRetention', {
      actions,
      conditions: {
        NumericGreaterThan: { 's3:object-lock-remaining-retention-days': `${longestRetentionDays}` },
      },
    });
  }

  private refuse(sid: string, statement: PolicyStatementProps): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        resources: [this.arnForObjects('*')],
        ...statement,
      }),
    );
  }
}
