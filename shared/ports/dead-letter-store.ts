import type { ErrorCode } from '#domain/error-codes.ts';
import type { CloudEvent } from './messages.ts';

/** A message that was given up. */
export interface GivenUp {
  /** Names the message, whichever delivery of it was the last. */
  messageId: string;
  /** When the message was sent to its queue. */
  sentAt: Date;
  consumer: string;
  /** With as much of its data as may be kept. */
  event: CloudEvent;
  /** Why it was given up. */
  code: ErrorCode;
}

/** Takes in what queues that keep no letters themselves have given up. */
export interface DeadLetterStore {
  /**
   * Keeps a dead letter where the organization that its event's source names finds it; once a message, whoever gives it up and
   * however often, with the code of the first time.
   * @throws StoreError `store-unavailable`; it may be repeated
   */
  keep(letter: GivenUp): Promise<void>;
}
