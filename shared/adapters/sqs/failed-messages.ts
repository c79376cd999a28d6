import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { DeadLetterStore } from '#ports/dead-letter-store.ts';
import type { FailedMessages, Message } from '#ports/messages.ts';
import { type QueueUrls, queueOf, type SqsCalls } from './client.ts';

/** A message of Amazon SQS. */
export interface QueuedMessage extends Message {
  /** Names the message, whichever delivery of it this is. */
  messageId: string;
  /** When it was sent to its queue. */
  sentAt: Date;
}

/**
 * How long a message is hidden at most, in seconds. SQS counts twelve hours from when the message was received (Developer Guide,
 * "Visibility timeout") and refuses more; a quarter of an hour is more than any function runs.
 */
const longestHidden = 12 * 3_600 - 15 * 60;

/**
 * What becomes of a message of Amazon SQS whose handler failed, beside what the end of the invocation says of it: one that is
 * released must be told as failed there, and one that is buried as done.
 */
export class SqsFailedMessages implements FailedMessages<QueuedMessage> {
  readonly #calls: SqsCalls;
  readonly #queueUrls: QueueUrls;
  readonly #deadLetters: DeadLetterStore;

  constructor(calls: SqsCalls, queueUrls: QueueUrls, deadLetters: DeadLetterStore) {
    this.#calls = calls;
    this.#queueUrls = queueUrls;
    this.#deadLetters = deadLetters;
  }

  /** Hides it for whole seconds, the next above the delay, and twelve hours at most. */
  async release({ consumer, receipt }: QueuedMessage, delaySeconds: number): Promise<void> {
    const seconds = Math.min(Math.max(0, Math.ceil(delaySeconds)), longestHidden);
    const input = {
      QueueUrl: queueOf(this.#queueUrls, consumer),
      ReceiptHandle: receipt,
      VisibilityTimeout: seconds,
    };
    await this.#calls.call<unknown>(
      (client, request) => client.send(new ChangeMessageVisibilityCommand(input), request),
      { answers: endings },
    );
  }

  async bury(message: QueuedMessage, code: ErrorCode): Promise<void> {
    const { messageId, sentAt, consumer, event } = message;
    await this.#deadLetters.keep({ messageId, sentAt, consumer, event, code });
  }
}

/** The delivery has ended, as it would by this: the message is visible again, or done. */
const ended = () => undefined;

/** How SQS says so of a receipt that has expired, or never was. */
const endings = {
  MessageNotInflight: ended,
  ReceiptHandleIsInvalid: ended,
  InvalidParameterValue: ended,
  InvalidParameterValueException: ended,
};
