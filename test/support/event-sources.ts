import { setTimeout as pause } from 'node:timers/promises';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { QueueSource, WorkWiring } from '#test/doubles/aws-account/work-wiring.ts';
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
  readonly #wiring: WorkWiring;
  readonly #sqs: SQSClient;

  constructor(service: DeployedService, wiring: WorkWiring) {
    this.#service = service;
    this.#wiring = wiring;
    this.#sqs = new SQSClient({
      endpoint: service.account.sqs.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'event-source-mapping', secretAccessKey: 'a test has no secret' },
    });
  }

  /** Works until nothing waits any more, hidden messages included. @throws Error if that takes longer than a minute */
  async settle(): Promise<void> {
    const deadline = Date.now() + patience;
    const { sources } = this.#wiring;
    const queues = Object.keys(this.#service.account.sqs.queueUrls);
    for (;;) {
      const worked = await Promise.all([this.#aggregates(), ...sources.map((each) => this.#queue(each))]);
      if (worked.includes(true)) continue;
      // Entries are gathered for a while before anybody is handed them.
      if (await this.#ledger()) continue;
      const waiting = queues.filter((queue) => this.#holds(queue));
      if (waiting.length === 0) return;
      if (Date.now() > deadline) throw new Error(`still waiting: ${waiting.join(', ')}`);
      await pause(50);
    }
  }

  close(): void {
    this.#sqs.destroy();
  }

  #aggregates(): Promise<boolean> {
    return this.#stream(this.#service.account.written.records, this.#wiring.streams.aggregates);
  }

  #ledger(): Promise<boolean> {
    return this.#stream(this.#service.account.recorded.records, this.#wiring.streams.ledger);
  }

  async #stream<R extends { dynamodb: { SequenceNumber: string } }>(
    records: R[],
    stream: WorkWiring['streams']['aggregates'],
  ): Promise<boolean> {
    if (stream === undefined || records.length === 0) return false;
    const batch = records.slice(0, stream.batchSize);
    const failed = failedOf(await this.#service.invoke(stream.name, { Records: batch }), stream);
    // What comes after one that failed is handed out again with it.
    const first = batch.findIndex(({ dynamodb }) => failed === 'all' || failed.has(dynamodb.SequenceNumber));
    records.splice(0, first < 0 ? batch.length : first);
    return true;
  }

  async #queue(source: QueueSource): Promise<boolean> {
    const { queue, name, batchSize } = source;
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
    const failed = failedOf(await this.#service.invoke(name, event), source);
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

/** The ids of those that are not done. */
function failedOf(
  outcome: Outcome,
  { reportsFailures }: Pick<QueueSource, 'reportsFailures'>,
): ReadonlySet<string> | 'all' {
  if (!outcome.ok) return 'all';
  if (!reportsFailures) return new Set();
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
