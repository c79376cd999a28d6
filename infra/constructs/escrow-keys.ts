import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface EscrowKeysProps {
  /** Part of the aliases. */
  stage: string;
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
  'kms:ScheduleKeyDeletion',
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
 * opens is still under the subscriber's lock.)
 */
export class EscrowKeys extends Construct {
  /** Custody of exportable private keys: key pairs are generated and wrapped under it. */
  readonly custody: Key;
  /** Stands in the middle of the password lock, so that no guess can be made without a call to KMS. */
  readonly mac: Key;
  /** Encrypts tables and backups at rest. */
  readonly vault: Key;
  /** Signs receipts (ES256). */
  readonly receipts: Key;

  constructor(scope: Construct, id: string, { stage }: EscrowKeysProps) {
    super(scope, id);
    this.custody = this.key('Custody', {
      stage,
      description: 'Custody of exportable enrollment private keys',
    });
    // KMS cannot rotate it, and must not: a changed key would open none of the locks made before.
    this.mac = this.key('Mac', {
      stage,
      description: 'The MAC in the middle of the password lock',
      spec: KeySpec.HMAC_256,
      usage: KeyUsage.GENERATE_VERIFY_MAC,
    });
    this.vault = this.key('Vault', { stage, description: 'Tables and backups at rest' });
    this.vault.addToResourcePolicy(usedByStores());
    // KMS cannot rotate it: receipts verify under its public key for as long as they are kept.
    this.receipts = this.key('Receipts', {
      stage,
      description: 'Receipts of the enrollment key escrow',
      spec: KeySpec.ECC_NIST_P256,
      usage: KeyUsage.SIGN_VERIFY,
    });
  }

  private key(id: string, { stage, description, spec, usage }: KeyDuty): Key {
    const symmetric = spec === undefined;
    return new Key(this, id, {
      alias: `alias/enrollment-key-escrow/${stage}/${id.toLowerCase()}`,
      description,
      keySpec: spec,
      keyUsage: usage,
      enableKeyRotation: symmetric,
      // The longest that KMS offers: a deletion by mistake or by malice can be noticed and cancelled.
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({ statements: [administered()] }),
    });
  }
}

interface KeyDuty extends EscrowKeysProps {
  description: string;
  /** A symmetric encryption key where absent. */
  spec?: KeySpec;
  usage?: KeyUsage;
}

function administered(): PolicyStatement {
  return new PolicyStatement({
    sid: 'AdministrationWithoutUse',
    principals: [new AccountRootPrincipal()],
    actions: administration,
    resources: ['*'],
  });
}

/** Whoever may read a table or an object by IAM may have it decrypted, but by the store and not by a call of their own. */
function usedByStores(): PolicyStatement {
  return new PolicyStatement({
    sid: 'UseThroughTheStoresOnly',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: {
      StringEquals: {
        'kms:ViaService': [`dynamodb.${Aws.REGION}.${Aws.URL_SUFFIX}`, `s3.${Aws.REGION}.${Aws.URL_SUFFIX}`],
      },
    },
  });
}
