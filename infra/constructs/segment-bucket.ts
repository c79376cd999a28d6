import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { LockedBucket, type LockedBucketProps } from './locked-bucket.ts';

export interface SegmentBucketProps extends Pick<LockedBucketProps, 'encryptionKey' | 'accessLogs'> {
  retentionDays: number;
}

/** Keeps the segments of the ledgers, each locked for all of its retention from its writing on. */
export class SegmentBucket extends LockedBucket {
  constructor(scope: Construct, id: string, { retentionDays, ...props }: SegmentBucketProps) {
    super(scope, id, { ...props, logPrefix: 'segments/', defaultRetention: Duration.days(retentionDays) });
  }
}
