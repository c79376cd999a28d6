import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Use } from '#contract/functions.ts';
import { throughService } from './through-service.ts';

/** The uses of `functions.ts` that are of what stands in the stack of the functions. */
export type MessageUse = Extract<Use, `${'bus' | 'topic' | 'invoke'}:${string}` | 'dead-letters:redrive'>;

export interface Messages {
  bus: IEventBus;
  notices: ITopic;
  /** The queues of all consumers. */
  queues: readonly IQueue[];
  /** The functions that make key pairs under a password. */
  keyPairMakerArns: readonly string[];
  /** The one of them that makes escrows that became due. */
  escrowMakerArns: readonly string[];
  vaultKey: IKey;
}

/** @returns the statements for the uses among `uses` that are of messages */
export function messageStatements(uses: readonly Use[], messages: Messages): PolicyStatement[] {
  const permissions: Readonly<Record<MessageUse, () => PolicyStatement[]>> = {
    'bus:publish': () => [allow(['events:PutEvents'], [messages.bus.eventBusArn])],
    'topic:notify': () => [
      allow(['sns:Publish'], [messages.notices.topicArn]),
      throughService(messages.vaultKey, 'sns', ['kms:Decrypt', 'kms:GenerateDataKey']),
    ],
    'dead-letters:redrive': () => [allow(['sqs:SendMessage'], arnsOf(messages.queues))],
    'invoke:make-key-pair': () => [allow(['lambda:InvokeFunction'], messages.keyPairMakerArns)],
    'invoke:escrow-key': () => [allow(['lambda:InvokeFunction'], messages.escrowMakerArns)],
  };
  const isMessageUse = (use: Use): use is MessageUse => Object.hasOwn(permissions, use);
  return uses.filter(isMessageUse).flatMap((use) => permissions[use]());
}

/** @returns what it takes AWS Lambda to work on a queue in the function's name */
export function queueStatements(queues: readonly IQueue[]): PolicyStatement[] {
  if (queues.length === 0) return [];
  const actions = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
  return [allow(actions, arnsOf(queues))];
}

/** @returns what it takes to hide a message for a while, which a consumer does after a failure that may pass */
export function pauseStatements(queue: IQueue): PolicyStatement[] {
  return [allow(['sqs:ChangeMessageVisibility'], [queue.queueArn])];
}

/** @returns what it takes to send to a queue */
export function sendStatements(queue: IQueue): PolicyStatement[] {
  return [allow(['sqs:SendMessage'], [queue.queueArn])];
}

/** @returns what every function needs to be watched: its own log, and traces, which have no resource */
export function watchStatements(log: ILogGroup): PolicyStatement[] {
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [log.logGroupArn]),
    allow(['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], ['*']),
  ];
}

/**
 * @returns what AWS Lambda needs to put a function into a network, none of which the function's own code may do ("Giving Lambda
 *   functions access to resources in an Amazon VPC" of its developer guide)
 * @param anyFunction ARN of the region's functions by pattern: the function itself is made after what it may do
 */
export function networkStatements(anyFunction: string): PolicyStatement[] {
  const actions = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ];
  return [
    allow(actions, ['*']),
    new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction } },
    }),
  ];
}

function allow(actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [...resources] });
}

function arnsOf(queues: readonly IQueue[]): string[] {
  return queues.map(({ queueArn }) => queueArn);
}
