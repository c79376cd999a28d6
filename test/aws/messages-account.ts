import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, DeleteTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Subscription } from '#contract/subscriptions.ts';
import { testSubscriptions } from '#test/contract/messages.contract.ts';
import { runTag } from './run.ts';

/** Takes what the run's topic publishes. */
const listener = 'listener';
const consumers: Readonly<Record<string, Subscription>> = testSubscriptions;

/** What a run's tests of events work with. */
export interface RunMessages {
  busName: string;
  topicArn: string;
  /** By the consumer's name; `listener` gets what is published on the topic, as it was published. */
  queueUrls: Readonly<Record<string, string>>;
}

/** How everything is named that these tests make. */
export function messagesName(runId: string): string {
  return `escrow-test-${runId}`;
}

/** Makes a bus with a rule and a queue for each consumer of the contracts, and a topic with a queue that listens to it. */
export async function makeMessages(runId: string): Promise<RunMessages> {
  const name = messagesName(runId);
  const [bus, sqs, sns] = [
    new EventBridgeClient(),
    new SQSClient({ useQueueUrlAsEndpoint: false }),
    new SNSClient(),
  ];
  const tags = [{ Key: runTag, Value: runId }];
  await bus.send(new CreateEventBusCommand({ Name: name, Tags: tags }));
  const urls = new Map<string, string>();
  for (const [consumer, subscription] of Object.entries(consumers)) {
    const { url, arn } = await makeQueue(sqs, runId, consumer);
    urls.set(consumer, url);
    const rule = { Name: consumer, EventBusName: name, EventPattern: patternOf(subscription), Tags: tags };
    await bus.send(new PutRuleCommand(rule));
    const target = { Id: 'queue', Arn: arn, InputPath: '$.detail' };
    await bus.send(new PutTargetsCommand({ Rule: consumer, EventBusName: name, Targets: [target] }));
  }
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name, Tags: tags }));
  const { url, arn } = await makeQueue(sqs, runId, listener);
  urls.set(listener, url);
  const attributes = { RawMessageDelivery: 'true' };
  const subscription = { TopicArn: topicArn, Protocol: 'sqs', Endpoint: arn, Attributes: attributes };
  await sns.send(new SubscribeCommand(subscription));
  for (const client of [bus, sqs, sns]) client.destroy();
  return { busName: name, topicArn, queueUrls: Object.fromEntries(urls) };
}

/**
 * Removes what a run made, and looks at nothing else.
 * @returns how many queues there were
 */
export async function removeMessages(runId: string): Promise<number> {
  const name = messagesName(runId);
  const [bus, sqs, sns] = [
    new EventBridgeClient(),
    new SQSClient({ useQueueUrlAsEndpoint: false }),
    new SNSClient(),
  ];
  for (const rule of Object.keys(consumers)) {
    await ifThere(() =>
      bus.send(new RemoveTargetsCommand({ Rule: rule, EventBusName: name, Ids: ['queue'] })),
    );
    await ifThere(() => bus.send(new DeleteRuleCommand({ Name: rule, EventBusName: name })));
  }
  await ifThere(() => bus.send(new DeleteEventBusCommand({ Name: name })));
  let queues = 0;
  for (const queue of [...Object.keys(consumers), listener]) {
    const found = await ifThere(() => sqs.send(new GetQueueUrlCommand({ QueueName: `${name}-${queue}` })));
    if (found === undefined) continue;
    await sqs.send(new DeleteQueueCommand({ QueueUrl: found.QueueUrl }));
    queues += 1;
  }
  if (queues > 0) {
    // The same request as made it tells the topic's ARN; subscriptions go with their topic.
    const { TopicArn: topicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
    await sns.send(new DeleteTopicCommand({ TopicArn: topicArn }));
  }
  for (const client of [bus, sqs, sns]) client.destroy();
  return queues;
}

async function makeQueue(
  sqs: SQSClient,
  runId: string,
  queue: string,
): Promise<{ url: string; arn: string }> {
  const input = { QueueName: `${messagesName(runId)}-${queue}`, tags: { [runTag]: runId } };
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand(input));
  const { Attributes: { QueueArn: arn = '' } = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  const policy = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: ['events.amazonaws.com', 'sns.amazonaws.com'] },
      Action: 'sqs:SendMessage',
      Resource: arn,
      Condition: { StringEquals: { 'aws:SourceAccount': arn.split(':')[4] } },
    },
  };
  const attributes = { Policy: JSON.stringify(policy) };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
  return { url, arn };
}

/** As the service's own rules are. */
function patternOf({ types, purpose }: Subscription): string {
  const detail = purpose === undefined ? {} : { detail: { data: { purpose: [purpose] } } };
  return JSON.stringify({ source: ['enrollment-key-escrow'], 'detail-type': types, ...detail });
}

async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && /NotFound|DoesNotExist|NonExistent/.test(error.name)) return undefined;
    throw error;
  }
}
