import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { LockedBucket, type LockedBucketProps } from './locked-bucket.ts';

/**
 * Keeps escrowed backups, which are read by version. What speaks for GOVERNANCE mode, that a wrong lock can be undone, weighs little
 * here: an object is locked for one day when it is written, and for its full retention only once it was read back and proved.
 */
export class BackupBucket extends LockedBucket {
  constructor(scope: Construct, id: string, props: Pick<LockedBucketProps, 'encryptionKey' | 'accessLogs'>) {
    super(scope, id, { ...props, logPrefix: 'backups/', defaultRetention: Duration.days(1) });
  }
}
