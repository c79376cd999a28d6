import type { ErrorCode } from '#domain/error-codes.ts';
import type { EscrowError } from '#domain/errors.ts';

/** An event as it travels: CloudEvents 1.0 attributes, JSON data. */
export interface CloudEvent {
  specversion: '1.0';
  /** Unique for the source; a second delivery of the same event has the same id. */
  id: string;
  source: string;
  type: string;
  /** RFC 3339 */
  time: string;
  datacontenttype: 'application/json';
  data: unknown;
}

/** Takes events in from outside, and carries those that aggregates bore. Delivery is at least once, in any order. */
export interface EventBus {
  /**
   * Puts an event before every consumer that subscribes to its type; when this returns, it will not be lost.
   * @throws StoreError `store-unavailable`, and it may be repeated: consumers see the same id; `record-too-large` for an event
   *   larger than the bus takes
   */
  publish(event: CloudEvent): Promise<void>;
}

/** An event that was not published. */
export interface Unpublished {
  /** Its place among those given, from 0. */
  index: number;
  error: EscrowError;
  /** No repetition publishes it: the fault is the event's own. */
  never: boolean;
}

/** Publishes several events at once, and tells them apart. */
export interface EventPublisher {
  /**
   * Puts each event before every consumer that subscribes to its type. What was not published may be given again; consumers see
   * the same id. Never throws.
   * @returns those that were not published, in the order given
   */
  publishAll(events: readonly CloudEvent[]): Promise<Unpublished[]>;
}

/** The events that written aggregates carry and that were not published yet. */
export interface Outbox {
  /**
   * The oldest unpublished events, in the order of their writes.
   * @throws StoreError `store-unavailable`
   */
  pending(limit: number): Promise<{ position: number; event: CloudEvent }[]>;

  /**
   * Notes that everything up to a position was published. A crash before this publishes again: at least once.
   * @throws StoreError `store-unavailable`
   */
  published(position: number): Promise<void>;
}

export interface Message {
  /** Names this delivery; it ends when the message is visible again. */
  receipt: string;
  consumer: string;
  event: CloudEvent;
  /** How often it was received, this time included. */
  receiveCount: number;
}

export interface DeadLetter {
  id: string;
  consumer: string;
  event: CloudEvent;
  /** Why it was given up. */
  code: ErrorCode;
  /** ISO 8601 */
  since: string;
}

/** What becomes of a message whose handler failed. */
export interface FailedMessages<M extends Message = Message> {
  /**
   * Makes the message visible again after a delay, and no sooner. Unknown or expired receipts are ignored.
   * @throws StoreError `store-unavailable`
   */
  release(message: M, delaySeconds: number): Promise<void>;

  /**
   * Moves the message to the consumer's dead letters, with the code of its last failure. Its event is kept as it is passed
   * here, so that a caller can leave out what must not be kept. Once this returns, the message is done: queues that are told so
   * by the end of an invocation (a function on SQS) may still hand it out again, and the letter is then kept once.
   * @throws StoreError `store-unavailable`
   */
  bury(message: M, code: ErrorCode): Promise<void>;
}

/** One queue a consumer, with visibility time-out, receive count and dead letters, as SQS has them. */
export interface MessageQueues extends FailedMessages {
  /**
   * Takes up to `limit` visible messages of one consumer and hides them for `visibilitySeconds`; a consumer that
   * crashes meanwhile loses nothing: they become visible again.
   * @throws StoreError `store-unavailable`
   */
  receive(consumer: string, limit: number, visibilitySeconds: number): Promise<Message[]>;

  /** The message is done. Unknown or expired receipts are ignored. @throws StoreError `store-unavailable` */
  acknowledge(message: Message): Promise<void>;

  /** The dead letters of a consumer, oldest first, or of all. @throws StoreError `store-unavailable` */
  deadLetters(consumer?: string): Promise<DeadLetter[]>;

  /** Puts a dead letter back into its queue, with a receive count of zero. @throws StoreError `object-missing`, `store-unavailable` */
  redrive(id: string): Promise<void>;

  /** How many messages wait or are being worked on, hidden ones included. @throws StoreError `store-unavailable` */
  depth(): Promise<number>;

  /** When the next hidden message becomes visible; undefined if there is none. @throws StoreError `store-unavailable` */
  nextVisible(): Promise<Date | undefined>;
}
