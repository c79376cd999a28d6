import { type Consumer, subscriptions } from '#contract/subscriptions.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { asEscrowError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, EventBus, Message, MessageQueues, Outbox } from '#ports/messages.ts';
import { afterFailure } from '#runtime/delivery.ts';

/** The use case that each consumer's messages are handed to. */
export type Handlers = Readonly<Record<Consumer, (event: CloudEvent) => Promise<unknown>>>;

/** How one delivery ended. Holds no data of the event. */
export interface Delivery {
  consumer: string;
  eventType: string;
  eventId: string;
  outcome: 'done' | 'retry' | 'buried';
  code?: ErrorCode;
}

export interface DispatcherParts {
  outbox: Outbox;
  bus: EventBus;
  queues: MessageQueues;
  handlers: Handlers;
  clock: Clock;
  onDelivery?: (delivery: Delivery) => void;
}

/** How many messages are worked on at the same time: making a key keeps two cores busy. */
const concurrency = 4;
/** Longer than any handler runs, so that a message is not handed out twice while it is worked on. */
const visibilitySeconds = 300;
const outboxPage = 100;

const consumers = Object.keys(subscriptions).filter(isConsumer);

/**
 * Carries events on one machine: from the outbox that written aggregates fill, through the bus and a queue a consumer, to
 * the use cases; with retries and dead letters, as table stream, EventBridge and SQS do on AWS.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /**
   * Works until nothing waits any more: no event unpublished, no message visible or due to become so.
   * @throws StoreError `store-unavailable`; what failed in a handler does not throw, it is retried or buried
   */
  async drain(): Promise<void> {
    const { queues, clock } = this.#parts;
    for (;;) {
      const published = await this.#publishOutbox();
      const delivered = await this.#deliverVisible();
      if (published + delivered > 0) continue;
      const next = await queues.nextVisible();
      if (next === undefined) return;
      await pause(next.getTime() - clock.now().getTime());
    }
  }

  async #publishOutbox(): Promise<number> {
    const { outbox, bus } = this.#parts;
    const entries = await outbox.pending(outboxPage);
    for (const { event } of entries) await bus.publish(event);
    const last = entries.at(-1);
    if (last !== undefined) await outbox.published(last.position);
    return entries.length;
  }

  async #deliverVisible(): Promise<number> {
    const { queues } = this.#parts;
    let delivered = 0;
    for (const consumer of consumers) {
      const messages = await queues.receive(consumer, concurrency, visibilitySeconds);
      await Promise.all(messages.map((message) => this.#deliver(consumer, message)));
      delivered += messages.length;
    }
    return delivered;
  }

  async #deliver(consumer: Consumer, message: Message): Promise<void> {
    const { queues, handlers, onDelivery } = this.#parts;
    const { type: eventType, id: eventId } = message.event;
    const told = { consumer, eventType, eventId };
    try {
      await handlers[consumer](message.event);
    } catch (error) {
      const { code } = asEscrowError(error);
      const disposition = afterFailure(error, message.receiveCount);
      if ('bury' in disposition) await queues.bury(keptOf(message, code), disposition.bury);
      else await queues.release(message, disposition.retryAfterSeconds);
      onDelivery?.({ ...told, outcome: 'bury' in disposition ? 'buried' : 'retry', code });
      return;
    }
    await queues.acknowledge(message);
    onDelivery?.({ ...told, outcome: 'done' });
  }
}

/**
 * What of a message goes to the dead letters. What was refused as input is left out: where a field is unknown or wrong, a
 * secret may stand in it. Its sender has it, and must correct it and send it anew; a redrive could only be refused again.
 */
function keptOf(message: Message, code: ErrorCode): Message {
  const { family } = errorTable[code];
  if (family !== 'input' && family !== 'access') return message;
  return { ...message, event: { ...message.event, data: null } };
}

function isConsumer(name: string): name is Consumer {
  return Object.hasOwn(subscriptions, name);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(1, milliseconds)));
}
