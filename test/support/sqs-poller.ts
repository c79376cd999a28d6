import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type QueueUrls, queueOf, type SqsCalls } from '#adapters/sqs/client.ts';
import type { QueuedMessage } from '#adapters/sqs/failed-messages.ts';

/** Stands for AWS Lambda's event source mapping: takes messages from queues of SQS, and ends those that are done. */
export class SqsPoller {
  readonly #calls: SqsCalls;
  readonly #queueUrls: QueueUrls;
  readonly #seconds: number;

  /** @param seconds how long is waited for a message; not at all if absent */
  constructor(calls: SqsCalls, queueUrls: QueueUrls, seconds = 0) {
    this.#calls = calls;
    this.#queueUrls = queueUrls;
    this.#seconds = seconds;
  }

  /** Takes up to ten visible messages, and hides them for five minutes. */
  async receive(consumer: string): Promise<QueuedMessage[]> {
    const input = {
      QueueUrl: queueOf(this.#queueUrls, consumer),
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 300,
      WaitTimeSeconds: this.#seconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount' as const, 'SentTimestamp' as const],
    };
    const { Messages: messages = [] } = await this.#calls.call((client, request) =>
      client.send(new ReceiveMessageCommand(input), request),
    );
    return messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
      messageId: MessageId,
      sentAt: new Date(Number(Attributes.SentTimestamp)),
      receipt: ReceiptHandle,
      receiveCount: Number(Attributes.ApproximateReceiveCount),
      consumer,
      event: JSON.parse(Body),
    }));
  }

  async acknowledge({ consumer, receipt }: QueuedMessage): Promise<void> {
    const input = { QueueUrl: queueOf(this.#queueUrls, consumer), ReceiptHandle: receipt };
    await this.#calls.call((client, request) => client.send(new DeleteMessageCommand(input), request));
  }
}
