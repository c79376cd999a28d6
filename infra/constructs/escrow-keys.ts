import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Alias, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { OwnKeyGrant } from '../permissions/key-permissions.ts';
import { type StoringService, serviceName } from '../permissions/through-service.ts';
import type { FunctionRoles } from './function-roles.ts';

export interface EscrowKeysProps {
  /** Part of the aliases, after which the functions find the keys. */
  aliasPrefix: string;
}

export interface CustodyKeysProps extends EscrowKeysProps {
  /** How many keys signed receipts before: one more makes a new key, and leaves the one before as it is. */
  retiredReceiptKeys: number;
}

/** What it takes to look after a key. None of it uses the key, or lets anybody use it but through its key policy. */
const administration = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:GetPublicKey',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

/**
 * The service's KMS keys, one for each duty, so that a permission for one never opens another.
 *
 * No key policy hands its use to IAM, as the default key policy would: then any administrator could grant themselves
 * decryption by an IAM policy alone. A role that needs a key is named in that key's policy, in this stack, where a
 * review sees it. (Whoever may change the key policy can still do so; that is one recorded act, and what the custody key
 * opens is still under the subscriber's lock.) The vault key is the exception: whoever may read a store by IAM may have
 * it decrypted, by the store.
 */
export class VaultKey extends Key {
  constructor(scope: Construct, id: string, { aliasPrefix }: EscrowKeysProps) {
    super(scope, id, keyProps({ aliasPrefix, duty: 'vault', description: 'Tables and backups at rest' }));
    this.addToResourcePolicy(usedByStores());
    this.addToResourcePolicy(usedByAlarms());
    this.addToResourcePolicy(usedByLogs());
  }
}

/** The keys of custody, where custody is AWS KMS. */
export class CustodyKeys extends Construct {
  /** Custody of exportable private keys: key pairs are generated and wrapped under it. */
  readonly custody: Key;
  /** Stands in the middle of the password lock, so that no guess can be made without a call to KMS. */
  readonly mac: Key;
  /** Signs receipts (ES256). */
  readonly receipts: Key;

  constructor(scope: Construct, id: string, { aliasPrefix, retiredReceiptKeys }: CustodyKeysProps) {
    super(scope, id);
    const description = 'Custody of exportable enrollment private keys';
    this.custody = new Key(this, 'Custody', keyProps({ aliasPrefix, duty: 'custody', description }));
    // KMS cannot rotate it, and must not: a changed key would open none of the locks made before.
    this.mac = new Key(this, 'Mac', {
      ...keyProps({ aliasPrefix, duty: 'mac', description: 'The MAC in the middle of the password lock' }),
      enableKeyRotation: false,
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
    });
    // KMS cannot rotate it: receipts verify under its public key for as long as they are kept.
    const { alias: aliasName, ...props } = keyProps({
      ...{ aliasPrefix, duty: 'receipts' },
      description: 'Receipts of the enrollment key escrow',
    });
    const nth = retiredReceiptKeys === 0 ? '' : `${retiredReceiptKeys + 1}`;
    this.receipts = new Key(this, `Receipts${nth}`, {
      ...props,
      enableKeyRotation: false,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
    });
    // Not of the key itself: CloudFormation makes what is new before it removes what is not, and a name can be taken once.
    new Alias(this, 'ReceiptsAlias', { aliasName, targetKey: this.receipts });
  }

  /** Names the roles in the policies of the keys, each for what its function does. */
  grant(grants: readonly OwnKeyGrant[], roles: FunctionRoles): void {
    for (const { ownKey, sid, actions, conditions, functions } of grants) {
      this[ownKey].addToResourcePolicy(
        new PolicyStatement({
          sid,
          principals: functions.map((name) => roles.of(name)),
          actions: [...actions],
          resources: ['*'],
          conditions,
        }),
      );
    }
  }
}

interface KeyDuty extends EscrowKeysProps {
  duty: string;
  description: string;
}

function keyProps({ aliasPrefix, duty, description }: KeyDuty) {
  return {
    alias: `alias/${aliasPrefix}/${duty}`,
    description,
    enableKeyRotation: true,
    // The longest that KMS offers: a deletion by mistake or by malice can be noticed and cancelled.
    pendingWindow: Duration.days(30),
    removalPolicy: RemovalPolicy.RETAIN,
    policy: new PolicyDocument({ statements: [administered(), neverDestroyed()] }),
  };
}

function administered(): PolicyStatement {
  return new PolicyStatement({
    sid: 'AdministrationWithoutUse',
    principals: [new AccountRootPrincipal()],
    actions: administration,
    resources: ['*'],
  });
}

/** What a key wrapped is lost with it. Whoever wants that must change this policy first: two recorded acts, not one. */
function neverDestroyed(): PolicyStatement {
  return new PolicyStatement({
    sid: 'NobodyDestroysIt',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:ScheduleKeyDeletion'],
    resources: ['*'],
  });
}

/** What a service that encrypts at rest does with a key. */
const encrypting = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

const stores: readonly StoringService[] = ['dynamodb', 's3', 'secretsmanager', 'sns'];

/** Whoever may read a store by IAM may have it decrypted, but by the store and not by a call of their own. */
function usedByStores(): PolicyStatement {
  return new PolicyStatement({
    sid: 'UseThroughTheStoresOnly',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:CreateGrant', ...encrypting],
    resources: ['*'],
    conditions: { StringEquals: { 'kms:ViaService': stores.map(serviceName) } },
  });
}

/** An alarm tells an encrypted topic (Amazon CloudWatch user guide, on alarms and encrypted topics). */
function usedByAlarms(): PolicyStatement {
  return new PolicyStatement({
    sid: 'AlarmsThatTellAnEncryptedTopic',
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
    conditions: {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:*` },
    },
  });
}

/** The functions' logs are encrypted too ("Encrypt log data" of the Amazon CloudWatch Logs user guide). */
function usedByLogs(): PolicyStatement {
  const groups = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:*`;
  return new PolicyStatement({
    sid: 'LogsOfThisAccount',
    principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
    actions: encrypting,
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
  });
}
