import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { FunctionName, Use } from '#contract/functions.ts';
import type { TableName } from '#contract/tables.ts';
import { AccessLogBucket } from './constructs/access-log-bucket.ts';
import { BackupBucket } from './constructs/backup-bucket.ts';
import { CanarySecret } from './constructs/canary-secret.ts';
import { CustodyKeys, VaultKey } from './constructs/escrow-keys.ts';
import { FunctionRoles, roleArn } from './constructs/function-roles.ts';
import { type RecordTable, recordTables } from './constructs/record-table.ts';
import { SegmentBucket } from './constructs/segment-bucket.ts';
import { TokenPin } from './constructs/token-pin.ts';
import { functionsWhere, specOf } from './function-names.ts';
import { isKeyUse, ownKeyGrants, residentKeyStatements } from './permissions/key-permissions.ts';
import { secretStatements, storeStatements, streamStatements } from './permissions/store-permissions.ts';
import { tableStatements } from './permissions/table-permissions.ts';
import type { EscrowEnvironment, KmsCustody, TokenCustody } from './props.ts';
import type { EscrowSettings, LedgerSettings } from './settings.ts';

export interface VaultStackProps {
  env: EscrowEnvironment;
  stage: string;
  custody: KmsCustody | TokenCustody;
  ledger: LedgerSettings;
  retiredReceiptKeys: EscrowSettings['retiredReceiptKeys'];
}

/**
 * All that must outlive any release of the service: keys, records, backups; and the functions' roles, which the keys'
 * policies name. What holds data is retained when the stack is deleted, and the stack itself is protected against deletion.
 */
export class VaultStack extends Stack {
  /** What the aliases of the service's keys begin with, after `alias/`. */
  readonly aliasPrefix: string;
  readonly vaultKey: IKey;
  readonly backups: BackupBucket;
  /** Keeps the ledgers' segments; another account's, if the organization named one. */
  readonly segments: IBucket;
  readonly hasSegmentsElsewhere: boolean;
  readonly tables: Readonly<Record<TableName, RecordTable>>;
  readonly canarySecret: ISecret;
  /** The PIN of the token, where the keys are in one. */
  readonly tokenPin?: ISecret;

  constructor(
    scope: Construct,
    id: string,
    { env, stage, custody, ledger, retiredReceiptKeys }: VaultStackProps,
  ) {
    super(scope, id, {
      stackName: `enrollment-key-escrow-${stage}-vault`,
      description: 'Enrollment key escrow: keys, records, backups and roles (retained)',
      env: { ...env },
      terminationProtection: true,
    });
    this.aliasPrefix = `enrollment-key-escrow/${stage}`;
    this.vaultKey = new VaultKey(this, 'Vault', { aliasPrefix: this.aliasPrefix });
    const accessLogs = new AccessLogBucket(this, 'AccessLogs');
    this.backups = new BackupBucket(this, 'Backups', { encryptionKey: this.vaultKey, accessLogs });
    this.hasSegmentsElsewhere = ledger.bucket !== undefined;
    const { retentionDays } = ledger;
    this.segments =
      ledger.bucket === undefined
        ? new SegmentBucket(this, 'Segments', { encryptionKey: this.vaultKey, accessLogs, retentionDays })
        : Bucket.fromBucketName(this, 'Segments', ledger.bucket.name);
    this.tables = recordTables(this, this.vaultKey);
    for (const name of functionsWhere(({ on }) => 'stream' in on)) {
      const { on, uses } = specOf(name);
      if (!('stream' in on)) continue;
      this.tables[on.stream].refuseStreamToAllBut(roleArn(this, stage, name));
      if (uses.includes('ledger:seal')) this.tables.ledger.refuseChangesToAllBut(roleArn(this, stage, name));
    }
    // By its name: whoever makes a secret with the key itself adds to the key's policy what is there already, and more.
    const named = Key.fromKeyArn(this, 'VaultByName', this.vaultKey.keyArn);
    this.canarySecret = new CanarySecret(this, 'CanarySecret', named);
    if (custody.kind === 'pkcs11') this.tokenPin = new TokenPin(this, 'TokenPin', this.vaultKey).secret;
    const statementsOf = (name: FunctionName) => this.statementsOf(name);
    const roles = new FunctionRoles(this, 'Roles', { stage, statementsOf });
    if (custody.kind === 'kms') {
      const keys = new CustodyKeys(this, 'Keys', {
        aliasPrefix: this.aliasPrefix,
        retiredReceiptKeys: retiredReceiptKeys.length,
      });
      keys.grant(ownKeyGrants(this.aliasPrefix, custody.keySource ?? 'memory'), roles);
    }
  }

  private statementsOf(name: FunctionName): PolicyStatement[] {
    const { uses, on } = specOf(name);
    const { tables, vaultKey } = this;
    return [
      ...tableStatements(uses, tables, vaultKey),
      ...storeStatements(uses, this),
      ...('stream' in on ? streamStatements(tables[on.stream], vaultKey) : []),
      ...this.custodyStatements(uses),
    ];
  }

  private custodyStatements(uses: readonly Use[]): PolicyStatement[] {
    if (!uses.some(isKeyUse)) return [];
    if (this.tokenPin !== undefined) return secretStatements(this.tokenPin, this.vaultKey);
    return residentKeyStatements(uses, this.aliasPrefix).map(
      ({ sid, actions, resources = [], conditions }) => {
        const arns = resources.map((name) => (name === '*' ? name : this.formatArn(kmsResource(name))));
        return new PolicyStatement({ sid, actions: [...actions], resources: arns, conditions });
      },
    );
  }
}

/** `key/*` or `alias/...`, as what follows the account in an ARN. */
function kmsResource(resource: string) {
  const [kind = '', ...rest] = resource.split('/');
  return { service: 'kms', resource: kind, resourceName: rest.join('/') };
}
