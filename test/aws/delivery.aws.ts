import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { DynamoDeadLetterStore } from '#adapters/dynamodb/dead-letter-store.ts';
import { DynamoOrganizationQueues } from '#adapters/dynamodb/dead-letters.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { openEventBridge } from '#adapters/eventbridge/client.ts';
import { EventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { openSns, SnsNotifier } from '#adapters/sns/notifier.ts';
import { openSqs } from '#adapters/sqs/client.ts';
import { SqsEventSender } from '#adapters/sqs/event-sender.ts';
import { type QueuedMessage, SqsFailedMessages } from '#adapters/sqs/failed-messages.ts';
import { type DeliveryParts, deliveryContract } from '#test/contract/delivery.contract.ts';
import { noticeOf } from '#test/contract/notices.contract.ts';
import { organizationQueuesContract } from '#test/contract/organization-queues.contract.ts';
import type { OpenDynamoDb } from '#test/contract/subject-dynamodb.ts';
import type { ManualClock } from '#test/doubles/clock.ts';
import { SqsPoller } from '#test/support/sqs-poller.ts';
import { onDynamoDbAccount } from './dynamodb-account.ts';
import { makeMessages, type RunMessages } from './messages-account.ts';

/** How long a queue is asked that may be given more, in seconds: events take a while from the bus. */
const patience = process.env['AWS_ENDPOINT_URL_SQS'] === undefined ? 5 : 1;
const calls = { callMilliseconds: 60_000, requestMilliseconds: 30_000 };

/** Made once: a rule takes a while to begin. */
let making: Promise<RunMessages> | undefined;
async function made(): Promise<RunMessages> {
  making ??= makeMessages(inject('runId')).then(async (messages) => {
    await sleep(process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'] === undefined ? 60_000 : 0);
    return messages;
  });
  return await making;
}

async function onAccount(clock: ManualClock) {
  const messages = await made();
  const sqs = openSqs(calls);
  const poller = new SqsPoller(sqs, messages.queueUrls, patience);
  const left: QueuedMessage[] = [];
  /** All that comes until nothing comes for a while. */
  const receive = async (consumer: string): Promise<QueuedMessage[]> => {
    const received: QueuedMessage[] = [];
    for (;;) {
      const some = await poller.receive(consumer);
      received.push(...some);
      left.push(...some);
      if (some.length === 0) return received;
    }
  };
  const partsOn = (dynamo: OpenDynamoDb): DeliveryParts<QueuedMessage> => ({
    bus: new EventBridgeBus(openEventBridge(calls), messages.busName),
    receive,
    acknowledge: (message) => poller.acknowledge(message),
    failed: new SqsFailedMessages(
      sqs,
      messages.queueUrls,
      new DynamoDeadLetterStore(dynamo.calls, dynamo.tables.activity, clock),
    ),
    organizationQueues: new DynamoOrganizationQueues({
      calls: dynamo.calls,
      table: dynamo.tables.activity,
      clock,
      registry: new DynamoRegistry(dynamo.calls, dynamo.tables.aggregates, clock),
      sender: new SqsEventSender(sqs, messages.queueUrls),
    }),
    pass: (seconds) => sleep(seconds * 1_000),
    shortest: 4 * patience,
  });
  const subject = await onDynamoDbAccount(inject('runId'), partsOn);
  const close = async () => {
    await Promise.all(Object.keys(messages.queueUrls).map(receive));
    for (const message of left) await poller.acknowledge(message);
    await subject.close();
  };
  const closing = <T extends { reopen(): Promise<T> }>(opened: T): T => ({
    ...opened,
    reopen: async () => closing(await opened.reopen()),
    close,
  });
  return closing(subject);
}

deliveryContract('EventBridge and SQS on AWS', onAccount);
organizationQueuesContract('DynamoOrganizationQueues on AWS', onAccount);

it('SnsNotifier on AWS publishes a notice as it is, to whoever listens', async () => {
  const { topicArn, queueUrls } = await made();
  await new SnsNotifier(openSns(calls), topicArn).notify(noticeOf('n-1'));
  const poller = new SqsPoller(openSqs(calls), queueUrls, 20);
  const [message] = await poller.receive('listener');
  expect(message?.event).toEqual(noticeOf('n-1'));
});
