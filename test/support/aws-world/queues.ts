import type { Consumer } from '#contract/subscriptions.ts';
import type { ManualClock } from '#test/doubles/clock.ts';
import type { Random } from '#test/fuzz/random.ts';

/** A message of a queue, and what became of its deliveries. */
export interface QueuedMessage {
  id: string;
  consumer: Consumer;
  body: string;
  sentAt: number;
  visibleAt: number;
  receiveCount: number;
  /** Of the last delivery. */
  receipt: string;
}

/** As AWS Lambda hands messages to a function. */
export interface MessageBatch {
  Records: {
    messageId: string;
    receiptHandle: string;
    body: string;
    attributes: { ApproximateReceiveCount: string; SentTimestamp: string };
  }[];
}

/** A message is hidden for so long once it was received, in milliseconds: six times the time-out of a function. */
export const visibility = 360_000;
const hourAndAHalf = 5_400_000;
/** A message that was received more often falls out of its queue. */
export const mostReceives = 14;

/**
 * Queues of Amazon SQS, by a clock that a test moves: a queue a consumer, each with a time-out of visibility, and one for what falls out of all
 * of them. Delivery is at least once and in any order, as standard queues have it.
 */
export class WorldQueues {
  /** What fell out of its queue: nobody could even put it away. */
  unhandled: QueuedMessage[] = [];
  readonly #clock: ManualClock;
  readonly #name: string;
  #messages: QueuedMessage[] = [];
  #numbers = 0;

  /** @param name what the ids of messages begin with */
  constructor(clock: ManualClock, name: string) {
    this.#clock = clock;
    this.#name = name;
  }

  /** @param receiveCount how often it was received before, over the last hour and a half */
  send(consumer: Consumer, body: string, receiveCount = 0): string {
    const now = this.#now();
    const id = this.#next('message');
    const sentAt = receiveCount === 0 ? now : now - hourAndAHalf;
    this.#messages.push({ id, consumer, body, sentAt, visibleAt: now, receiveCount, receipt: '' });
    return id;
  }

  /** The messages of a consumer that can be received, in the order of their sending. */
  visible(consumer: Consumer): QueuedMessage[] {
    const now = this.#now();
    return this.#messages.filter((each) => each.consumer === consumer && each.visibleAt <= now);
  }

  /** The consumers that have something to receive. */
  waiting(): Consumer[] {
    const now = this.#now();
    const visible = this.#messages.filter(({ visibleAt }) => visibleAt <= now);
    return [...new Set(visible.map(({ consumer }) => consumer))].sort();
  }

  get size(): number {
    return this.#messages.length + this.unhandled.length;
  }

  /** When the next hidden message can be received; undefined if none is hidden. */
  nextVisible(): number | undefined {
    const now = this.#now();
    const hidden = this.#messages.map(({ visibleAt }) => visibleAt).filter((at) => at > now);
    return hidden.length === 0 ? undefined : Math.min(...hidden);
  }

  /** Some messages of a consumer, in any order; those received too often fall out instead. */
  receive(consumer: Consumer, random: Random): QueuedMessage[] {
    const batch: QueuedMessage[] = [];
    const most = 1 + random.below(4);
    for (let visible = this.visible(consumer); visible.length > 0 && batch.length < most; ) {
      const [chosen] = visible.splice(random.below(visible.length), 1);
      if (chosen !== undefined && this.#hide(chosen)) batch.push(chosen);
    }
    return batch;
  }

  /** The function has ended: what it does not name as failed leaves the queue, unless it is delivered once more (`twice`). */
  settle(batch: readonly QueuedMessage[], failed: readonly string[], twice: () => boolean): void {
    const done = batch.filter(({ id }) => !failed.includes(id));
    for (const message of done) {
      if (twice()) message.visibleAt = this.#now();
      else this.#messages = this.#messages.filter((each) => each !== message);
    }
  }

  /** Shows a message again after a while, if its delivery is still the last. @returns whether it is */
  release(receipt: string, milliseconds: number): boolean {
    const message = this.#messages.find((each) => each.receipt === receipt);
    if (message === undefined) return false;
    message.visibleAt = this.#now() + milliseconds;
    return true;
  }

  #hide(message: QueuedMessage): boolean {
    if (message.receiveCount >= mostReceives) {
      this.#messages = this.#messages.filter((each) => each !== message);
      this.unhandled.push(message);
      return false;
    }
    message.receiveCount += 1;
    message.visibleAt = this.#now() + visibility;
    message.receipt = this.#next('receipt');
    return true;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }

  #next(kind: string): string {
    this.#numbers += 1;
    return `${this.#name}-${kind}-${this.#numbers}`;
  }
}

export function batchOf(messages: readonly QueuedMessage[]): MessageBatch {
  return {
    Records: messages.map(({ id, receipt, body, receiveCount, sentAt }) => ({
      messageId: id,
      receiptHandle: receipt,
      body,
      attributes: { ApproximateReceiveCount: String(receiveCount), SentTimestamp: String(sentAt) },
    })),
  };
}
