import { type Stack, Validations } from 'aws-cdk-lib';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** A rule that does not hold somewhere, and why that is right. */
export interface AcceptedFinding {
  id: string;
  /** Where, by paths below the construct; whatever is under them too. */
  on: readonly string[];
  reason: string;
}

const functions = 'Service/Functions';
const roles = 'Vault/Roles';

/** Every finding of the rule packs that is accepted, whatever the configuration. */
export const acceptedFindings: readonly AcceptedFinding[] = [
  {
    id: 'AwsSolutions-SMG4',
    on: ['Vault/CanarySecret'],
    reason:
      'It opens only backups of nobody, and those made under it must open for as long as they are kept.',
  },
  {
    id: 'AwsSolutions-SMG4',
    on: ['Vault/TokenPin'],
    reason: 'A PIN is changed at the token first, by who looks after it; no rotation could do that.',
  },
  {
    id: 'AwsSolutions-APIG4',
    on: ['Service/Http'],
    reason:
      'Each function verifies the token itself, so that a refused one gets the same answer and record as on one machine.',
  },
  {
    id: 'AwsSolutions-SQS3',
    on: ['Service/Undelivered', 'Service/PutAside', 'Service/LedgerPutAside'],
    reason: 'They are dead letters themselves, and each has an alarm.',
  },
  {
    id: 'AwsSolutions-IAM5[Resource::*]',
    on: [roles, functions],
    reason: 'Only for actions without a resource: infra/rules/wildcards.ts names each, and another fails.',
  },
  {
    id: 'NIST.800.53.R5-S3BucketReplicationEnabled',
    on: ['Vault/AccessLogs', 'Vault/Backups', 'Vault/Segments'],
    reason:
      'They stand in one region, where Amazon S3 keeps them in several places; an organization that needs another region replicates them to a bucket of its own there.',
  },
  {
    id: 'NIST.800.53.R5-S3DefaultEncryptionKMS',
    on: ['Vault/AccessLogs'],
    reason: 'Amazon S3 delivers access logs only to a bucket under its own keys. They hold no secret.',
  },
  {
    id: 'NIST.800.53.R5-SecretsManagerRotationEnabled',
    on: ['Vault/CanarySecret', 'Vault/TokenPin'],
    reason: 'As for AwsSolutions-SMG4.',
  },
  {
    id: 'NIST.800.53.R5-IAMNoInlinePolicy',
    on: [roles, functions, 'Service/Http', 'Service/Token'],
    reason:
      'Each policy is for one role alone, stands where a review sees both, and goes with it; a shared one could be attached elsewhere.',
  },
  {
    id: 'NIST.800.53.R5-LambdaConcurrency',
    on: [functions],
    reason:
      'What sets a function to work is limited instead: the API by rate, queues by batches at a time. A reserved number would be taken from all others of the account.',
  },
  {
    id: 'NIST.800.53.R5-LambdaDLQ',
    on: [functions],
    reason:
      'Queues and the stream have dead letters of their own; the API and functions that are called answer their caller; what a schedule runs is made up for by the next run, and has an alarm.',
  },
  {
    id: 'NIST.800.53.R5-LambdaInsideVPC',
    on: [functions],
    reason:
      'They reach services of AWS alone, by roles, and have nothing in a network that could be reached. Those that use a token are in one.',
  },
  {
    id: 'NIST.800.53.R5-VPCDefaultSecurityGroupClosed',
    on: ['Service/Token'],
    reason:
      'Nothing is in the default group; to close it, a function with wide rights over groups would be needed.',
  },
  {
    id: 'NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW',
    on: ['Service/Token'],
    reason: 'Of the subnets of the NAT gateway alone, by which functions reach the issuer and webhooks.',
  },
];

type Vault = Stack & { aliasPrefix: string; backups: IBucket; segments: IBucket };

/** What is accepted of one deployment, where the finding's name holds an account, a region or an id of the template. */
function findingsIn(vault: Vault): readonly AcceptedFinding[] {
  const { aliasPrefix, backups, segments } = vault;
  const keys = ['key/*', `alias/${aliasPrefix}/resident/*`].map((name) => {
    const [resource = '', ...rest] = name.split('/');
    return vault.formatArn({ service: 'kms', resource, resourceName: rest.join('/') });
  });
  return [
    ...keys.map((arn) => ({
      id: `AwsSolutions-IAM5[Resource::${arn}]`,
      on: [roles],
      reason: 'Resident keys are made as they are needed; conditions on tags and aliases tell them apart.',
    })),
    ...[backups, segments].map((bucket) => ({
      id: `AwsSolutions-IAM5[Resource::${nameOf(vault, bucket)}/*]`,
      on: [roles],
      reason: 'Objects are named by the enrollments, or the organizations, that they are of.',
    })),
  ];
}

/** How a finding names a bucket: by what the template makes, or by its ARN. */
function nameOf(vault: Stack, { node: { defaultChild }, bucketArn }: IBucket): string {
  return defaultChild instanceof CfnBucket
    ? `<${vault.resolve(defaultChild.logicalId)}.Arn>`
    : String(vault.resolve(bucketArn));
}

/** Gives the reasons with the construct, so that they hold in whatever app it is made. */
export function acceptFindings(escrow: Construct, vault: Vault): void {
  const all = [...acceptedFindings, ...findingsIn(vault)];
  for (const { id, on, reason } of all) {
    for (const path of on) {
      const place = path.split('/').reduce<Construct | undefined>(childOf, escrow);
      if (place !== undefined) Validations.of(place).acknowledge({ id, reason });
    }
  }
}

function childOf(parent: Construct | undefined, id: string): Construct | undefined {
  return parent?.node.children.find((child): child is Construct => child.node.id === id);
}
