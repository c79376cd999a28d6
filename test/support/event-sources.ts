import { setTimeout as pause } from 'node:timers/promises';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { type FunctionName, functions } from '#contract/functions.ts';
import type { Consumer } from '#contract/subscriptions.ts';
import { consumers, deadQueueOf } from '#test/doubles/aws-account/aws-account.ts';
import type { Outcome } from '#test/doubles/runtime-api/runtime-api.ts';
import type { DeployedService } from './deployed-service.ts';

const failuresSchema = v.object({
  batchItemFailures: v.optional(v.array(v.object({ itemIdentifier: v.string() })), []),
});

/** Longer than any pause between the tries of a message that fails, but for webhooks. */
const patience = 60_000;

/**
 * Hands the functions what waits for them, as AWS Lambda's event source mappings do: the stream in order, each queue in
 * batches, with what a function reports as failed left where it was ("Using Lambda with Amazon SQS", "with DynamoDB").
 */
export class EventSources {
  readonly #service: DeployedService;
  readonly #sqs: SQSClient;

  constructor(service: DeployedService) {
    this.#service = service;
    this.#sqs = new SQSClient({
      endpoint: service.account.sqs.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'event-source-mapping', secretAccessKey: 'a test has no secret' },
    });
  }

  /** Works until nothing waits any more, hidden messages included. @throws Error if that takes longer than a minute */
  async settle(): Promise<void> {
    const deadline = Date.now() + patience;
    for (;;) {
      const worked = await Promise.all([this.#stream(), ...queues.map((each) => this.#queue(each))]);
      if (worked.includes(true)) continue;
      const waiting = queues.filter(({ queue }) => this.#holds(queue)).map(({ queue }) => queue);
      if (waiting.length === 0) return;
      if (Date.now() > deadline) throw new Error(`still waiting: ${waiting.join(', ')}`);
      await pause(50);
    }
  }

  close(): void {
    this.#sqs.destroy();
  }

  async #stream(): Promise<boolean> {
    const { records } = this.#service.account.written;
    const batch = records.slice(0, 100);
    if (batch.length === 0) return false;
    const failed = failedOf(await this.#service.invoke('carry-events', { Records: batch }), 'all');
    // What comes after one that failed is handed out again with it.
    const first = batch.findIndex(({ dynamodb }) => failed === 'all' || failed.has(dynamodb.SequenceNumber));
    records.splice(0, first < 0 ? batch.length : first);
    return true;
  }

  async #queue({ queue, name, batchSize }: Source): Promise<boolean> {
    const url = this.#service.account.sqs.queueUrls[queue];
    const { Messages: messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: batchSize,
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: 30,
      }),
    );
    if (messages.length === 0) return false;
    const event = { Records: messages.map((message) => recordOf(message, queue)) };
    const failed = failedOf(await this.#service.invoke(name, event), 'all');
    for (const { MessageId: id = '', ReceiptHandle } of messages) {
      if (failed === 'all' || failed.has(id)) continue;
      await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
    return true;
  }

  #holds(queue: string): boolean {
    const messages = this.#service.account.sqs.queues.inspectQueue(queue)?.messages;
    return messages !== undefined && Object.values(messages).some((each) => each.length > 0);
  }
}

interface Source {
  queue: string;
  name: FunctionName;
  batchSize: number;
}

const queues: readonly Source[] = [
  ...consumers.map((consumer) => ({ queue: consumer, name: functionOf(consumer), batchSize: 10 })),
  ...consumers.map((each) => ({
    queue: deadQueueOf(each),
    name: 'keep-dead-letters' as const,
    batchSize: 10,
  })),
];

function functionOf(consumer: Consumer): FunctionName {
  const names = Object.keys(functions).filter((each) => Object.hasOwn(functions, each));
  const found = names.find((name): name is FunctionName => isOf(name, consumer));
  if (found === undefined) throw new TypeError(`no function is for ${consumer}`);
  return found;
}

function isOf(name: string, consumer: Consumer): boolean {
  const spec = Object.entries(functions).find(([each]) => each === name)?.[1];
  return spec !== undefined && 'consumer' in spec.on && spec.on.consumer === consumer;
}

function failedOf(outcome: Outcome, otherwise: 'all'): ReadonlySet<string> | 'all' {
  if (!outcome.ok) return otherwise;
  const { batchItemFailures } = v.parse(failuresSchema, outcome.payload ?? {});
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}

function recordOf({ MessageId, ReceiptHandle, Body, Attributes, MD5OfBody }: Message, queue: string) {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-central-1:000000000000:${queue}`,
    awsRegion: 'eu-central-1',
  };
}
