import type { CfnResource } from 'aws-cdk-lib';
import { statementsOf, type WrittenStatement } from './policy-of.ts';

/** Actions that are allowed on more than one thing that has a name, and why. */
interface Exception {
  actions: readonly string[];
  resource: RegExp;
  why: string;
}

const everything = /^\*$/;

/** Every wildcard that a policy of ours may have in what it is for. None may have one in what it allows. */
export const exceptions: readonly Exception[] = [
  {
    actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    resource: everything,
    why: 'Traces have no resource.',
  },
  {
    actions: ['dynamodb:ListStreams'],
    resource: everything,
    why: 'AWS Lambda asks for it to follow a stream, and a list has no resource.',
  },
  {
    actions: ['kms:CreateKey', 'kms:ListAliases', 'kms:ListKeys'],
    resource: everything,
    why: 'What is made has no name yet, and a list has no resource.',
  },
  {
    actions: ['kms:DescribeKey', 'kms:TagResource'],
    resource: everything,
    why: 'A resident key is looked for by a name that may be free, and tagged as it is made: then it has no name that could be said.',
  },
  {
    actions: [
      'kms:CreateAlias',
      'kms:DeleteAlias',
      'kms:DescribeKey',
      'kms:GetPublicKey',
      'kms:ListResourceTags',
      'kms:ScheduleKeyDeletion',
      'kms:Sign',
    ],
    resource:
      /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:(key\/\*|alias\/enrollment-key-escrow\/[a-z0-9-]+\/resident\/\*)$/,
    why: 'Resident keys are made as they are needed; their tags and aliases, which are conditions, tell them from all others.',
  },
  {
    actions: [
      's3:GetObject',
      's3:GetObjectRetention',
      's3:GetObjectVersion',
      's3:PutObject',
      's3:PutObjectRetention',
    ],
    resource:
      /^(<[A-Za-z0-9]+\.Arn>|arn:(<AWS::Partition>|[a-z-]+):s3:::[a-z0-9.-]+)\/((backups|segments)\/)?\*$/,
    why: 'Objects of one bucket, which are named by the enrollments, or the organizations, that they are of; and its access log.',
  },
  {
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resource: everything,
    why: 'AWS Lambda puts functions into a network by them; the code of a function is denied every one.',
  },
];

/** @returns each wildcard that a policy of the resource has and no exception is for, as `ACTION on RESOURCE` */
export function wildcards(node: CfnResource): string[] {
  return statementsOf(node)
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) => statement.actions.flatMap((action) => wildcardsOf(action, statement)));
}

function wildcardsOf(action: string, { resources, ofResource }: WrittenStatement): string[] {
  if (action.includes('*')) return [action];
  return resources
    .filter((resource) => resource.includes('*') && !(ofResource && resource === '*'))
    .filter(
      (resource) => !exceptions.some((one) => one.actions.includes(action) && one.resource.test(resource)),
    )
    .map((resource) => `${action} on ${resource}`);
}
