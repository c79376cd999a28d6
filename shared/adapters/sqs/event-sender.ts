import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { StoreError } from '#domain/errors.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { carriedJson } from '../carried-json.ts';
import { type QueueUrls, queueOf, type SqsCalls } from './client.ts';

/** Largest body of a message, in bytes (API reference, SendMessage): 1 MiB. */
const mostBytes = 1_024 * 1_024;

/** Sends events to the queue of one consumer alone, as the bus does by a rule: the body is the event. */
export class SqsEventSender {
  readonly #calls: SqsCalls;
  readonly #queueUrls: QueueUrls;

  constructor(calls: SqsCalls, queueUrls: QueueUrls) {
    this.#calls = calls;
    this.#queueUrls = queueUrls;
  }

  /**
   * Sends an event; when this returns, it will not be lost.
   * @throws StoreError `store-unavailable`, and it may be repeated: the consumer sees the same id; `record-too-large`,
   *   `store-misconfigured`; InternalError `internal` for a consumer that has no queue
   */
  async send(consumer: string, event: CloudEvent): Promise<void> {
    const body = carriedJson(event);
    if (Buffer.byteLength(body) > mostBytes) {
      throw new StoreError('record-too-large', {
        why: 'the event is larger than the 1 MiB that Amazon SQS takes',
      });
    }
    const input = { QueueUrl: queueOf(this.#queueUrls, consumer), MessageBody: body };
    await this.#calls.call((client, request) => client.send(new SendMessageCommand(input), request));
  }
}
