import { setTimeout as sleep } from 'node:timers/promises';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { DynamoDeadLetterStore } from '#adapters/dynamodb/dead-letter-store.ts';
import { DynamoOrganizationQueues } from '#adapters/dynamodb/dead-letters.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { openEventBridge } from '#adapters/eventbridge/client.ts';
import { EventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { openSqs } from '#adapters/sqs/client.ts';
import { SqsEventSender } from '#adapters/sqs/event-sender.ts';
import { type QueuedMessage, SqsFailedMessages } from '#adapters/sqs/failed-messages.ts';
import type { Subscription } from '#contract/subscriptions.ts';
import type { Clock } from '#ports/clock.ts';
import { type DynamoDouble, startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import {
  type EventBridgeDouble,
  startEventBridgeDouble,
} from '#test/doubles/eventbridge/eventbridge-double.ts';
import type { Rule } from '#test/doubles/eventbridge/rules.ts';
import { type SqsDouble, startSqsDouble } from '#test/doubles/sqs/sqs-double.ts';
import { SqsPoller } from '#test/support/sqs-poller.ts';
import type { DeliveryParts } from './delivery.contract.ts';
import { testSubscriptions } from './messages.contract.ts';
import type { Subject } from './subject.ts';

/** Stand-ins for the services that events travel through, joined as the rules of the bus join them. */
export interface EventDoubles {
  dynamo: DynamoDouble;
  eventBridge: EventBridgeDouble;
  sqs: SqsDouble;
}

export type AwsEventParts = DeliveryParts<QueuedMessage> & {
  doubles: EventDoubles;
  registry: DynamoRegistry;
};

/** A subject on stand-ins of its own for EventBridge, SQS and DynamoDB. */
export async function onAwsEvents(clock: Clock): Promise<Subject<AwsEventParts>> {
  const sqs = await startSqsDouble(Object.keys(testSubscriptions), 'dead');
  const rules = Object.entries(testSubscriptions).map(([name, subscription]) =>
    ruleOf(name, subscription, sqs),
  );
  const doubles = {
    sqs,
    eventBridge: await startEventBridgeDouble({ rules }),
    dynamo: await startDynamoDouble(),
  };
  const start = (): Subject<AwsEventParts> => ({
    ...partsOn(doubles, clock),
    reopen: async () => start(),
    close: async () => {
      await Promise.all(Object.values(doubles).map((double) => double.close()));
    },
  });
  return start();
}

function partsOn(doubles: EventDoubles, clock: Clock): AwsEventParts {
  const { sqs, eventBridge, dynamo } = doubles;
  for (const { environment } of [sqs, eventBridge, dynamo]) Object.assign(process.env, environment);
  const [calls, sqsCalls] = [openDynamoDb(), openSqs()];
  const table = dynamo.tables.activity;
  const registry = new DynamoRegistry(calls, dynamo.tables.aggregates, clock);
  const poller = new SqsPoller(sqsCalls, sqs.queueUrls);
  const letters = new DynamoDeadLetterStore(calls, table, clock);
  return {
    doubles,
    registry,
    bus: new EventBridgeBus(openEventBridge(), eventBridge.busName),
    receive: (consumer) => poller.receive(consumer),
    acknowledge: (message) => poller.acknowledge(message),
    failed: new SqsFailedMessages(sqsCalls, sqs.queueUrls, letters),
    organizationQueues: new DynamoOrganizationQueues({
      calls,
      table,
      clock,
      registry,
      sender: new SqsEventSender(sqsCalls, sqs.queueUrls),
    }),
    pass: (seconds) => sleep(seconds * 1_000),
    shortest: 1,
  };
}

/** A rule as the service's own are: by source, type and purpose, to one queue, whose messages are the event. */
function ruleOf(queue: string, { types, purpose }: Subscription, { queues }: SqsDouble): Rule {
  const detail = purpose === undefined ? {} : { detail: { data: { purpose: [purpose] } } };
  return {
    pattern: { source: ['enrollment-key-escrow'], 'detail-type': types, ...detail },
    target: (json) => queues.sendMessage(queue, json, { region: 'eu-central-1' }),
  };
}
