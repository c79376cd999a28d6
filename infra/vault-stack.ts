import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessLogBucket } from './constructs/access-log-bucket.ts';
import { BackupBucket } from './constructs/backup-bucket.ts';
import { EscrowKeys } from './constructs/escrow-keys.ts';
import { RecordTable } from './constructs/record-table.ts';
import type { Deployment } from './deployment.ts';

/**
 * All that must outlive any release of the service: keys, records, backups. Everything in it is retained when the stack
 * is deleted, and the stack itself is protected against deletion.
 */
export class VaultStack extends Stack {
  readonly keys: EscrowKeys;
  readonly backups: BackupBucket;
  /** Enrollments, organizations and the other aggregates; its stream carries their events. */
  readonly aggregates: RecordTable;
  /** Locked private keys. Without a stream: whoever follows events must not be handed them. */
  readonly lockedKeys: RecordTable;

  constructor(scope: Construct, deployment: Deployment) {
    const { stage, account, region } = deployment;
    super(scope, `enrollment-key-escrow-${stage}-vault`, {
      description: 'Enrollment key escrow: keys, records and backups (retained)',
      env: { account, region },
      terminationProtection: true,
    });
    this.keys = new EscrowKeys(this, 'Keys', { stage });
    const accessLogs = new AccessLogBucket(this, 'AccessLogs');
    this.backups = new BackupBucket(this, 'Backups', { encryptionKey: this.keys.vault, accessLogs });
    this.aggregates = new RecordTable(this, 'Aggregates', {
      encryptionKey: this.keys.vault,
      stream: 'new-image',
    });
    this.lockedKeys = new RecordTable(this, 'LockedKeys', { encryptionKey: this.keys.vault, stream: 'none' });
  }
}
