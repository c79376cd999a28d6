import { setImmediate as breath } from 'node:timers/promises';
import { type Consumer, retries, subscriptions } from '#contract/subscriptions.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { asEscrowError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, EventBus, Message, MessageQueues, Outbox } from '#ports/messages.ts';
import { afterFailure, keptOf } from '#runtime/delivery.ts';
import type { LogFields } from '#runtime/log-fields.ts';
import { noTracing, type Tracing } from '#runtime/tracing.ts';
import { endsWithin } from '#runtime/within.ts';
import { WakeUp } from './wake-up.ts';

/** The use case that each consumer's messages are handed to. */
export type Handlers = Readonly<Record<Consumer, (event: CloudEvent) => Promise<unknown>>>;

/** How one delivery ended. Holds no data of the event. */
export interface Delivery {
  consumer: string;
  eventType: string;
  eventId: string;
  /** How often the message was received, this time included. */
  receiveCount: number;
  durationMs: number;
  outcome: 'done' | 'retry' | 'buried';
  code?: ErrorCode;
}

export interface DispatcherParts {
  outbox: Outbox;
  bus: EventBus;
  queues: MessageQueues;
  handlers: Handlers;
  clock: Clock;
  /** @param error what the handler threw, unless it is done */
  onDelivery?: (delivery: Delivery, error?: unknown) => void;
  /** Told of each failure of a store that continuous work survived. */
  onTrouble?: (error: unknown) => void;
  tracing?: Tracing;
}

/** How many messages of one consumer are worked on at the same time, each consumer in a lane of its own. */
const concurrency: Readonly<Record<Consumer, number>> = {
  'request-enrollment': 4,
  /** Making a key keeps two cores busy. */
  'make-identity-key-pair': 4,
  'make-encryption-key-pair': 4,
  'notify-subscriber': 4,
  'discard-superseded': 4,
  'fan-out-webhooks': 4,
  /** Waits for others most of the time. */
  'deliver-webhook': 16,
  'check-backups': 1,
  'check-canaries': 1,
  'apply-policy': 1,
};

/** Longer than any handler runs, so that a message is not handed out twice while it is worked on. */
const visibilitySeconds = 300;
const outboxPage = 50;

/** What `drain` waits for: the pauses between tries that follow closely, not those of minutes and hours. */
const horizonSeconds = 10;
/** Continuous work looks again after this time even where nobody told it of new events. */
const longestSleep = 1_000;
const backOff = { first: 200, longest: 30_000 };

const consumers = Object.keys(subscriptions).filter(isConsumer);

/**
 * Carries events on one machine: from the outbox that written aggregates fill, through the bus and a queue a consumer, to
 * the use cases; with retries and dead letters, as table stream, EventBridge and SQS do on AWS. It either drains what is
 * there, or works from `start` to `stop`; not both at a time.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #inHand = new Map<Consumer, Set<Promise<void>>>(consumers.map((each) => [each, new Set()]));
  /** Something ended, or there is something new. */
  readonly #news = new WakeUp();
  readonly #end = new WakeUp();
  #isEnding = false;
  #loop: Promise<void> = Promise.resolve();
  /** What a store answered while a delivery was put away; the next turn throws it. */
  #failures: unknown[] = [];

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /**
   * Works until nothing waits any more: no event unpublished, no message visible or due within seconds. What is due later,
   * as a webhook that is tried again in hours, is left where it is.
   * @throws StoreError `store-unavailable`, once nothing is in hand; what failed in a handler does not throw, it is retried
   *   or buried
   */
  async drain(): Promise<void> {
    try {
      for (;;) {
        // What ended during a turn may have borne events after that turn had looked for them.
        if ((await this.#turn()) > 0 || this.#news.wasCalled()) continue;
        if (this.inHand > 0) {
          await this.#news.sleep();
          continue;
        }
        const wait = await this.#untilNext();
        this.#raise();
        if (wait === undefined || wait > horizonSeconds * 1_000) return;
        await this.#news.sleep(wait);
      }
    } finally {
      await this.#allInHand();
      this.#failures = [];
    }
  }

  /**
   * Starts to work, until `stop`: at once on what there is, then whenever a message becomes visible or `nudge` says that there
   * is something new. A store that does not answer is asked again, ever less often.
   */
  start(): void {
    this.#loop = this.#work();
  }

  /** There may be new events. */
  nudge(): void {
    this.#news.call();
  }

  /** How many messages are worked on. */
  get inHand(): number {
    return [...this.#inHand.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Takes no more messages, and waits for those in hand, no longer than the time given. What is not finished by then is not
   * lost: its message is delivered again at the next start.
   * @returns whether all was finished
   */
  async stop(milliseconds: number): Promise<boolean> {
    this.#isEnding = true;
    this.#news.call();
    this.#end.call();
    return await endsWithin(milliseconds, this.#loop);
  }

  async #work(): Promise<void> {
    let pause = backOff.first;
    while (!this.#isEnding) {
      try {
        if ((await this.#turn()) === 0) {
          const wait = (await this.#untilNext()) ?? longestSleep;
          await this.#news.sleep(Math.min(longestSleep, wait));
        }
        pause = backOff.first;
      } catch (error) {
        this.#parts.onTrouble?.(error);
        await this.#end.sleep(pause);
        pause = Math.min(backOff.longest, pause * 2);
      }
    }
    await this.#allInHand();
  }

  /** Moves on whatever can be moved now. @returns how much was moved */
  async #turn(): Promise<number> {
    this.#raise();
    let moved = await this.#publishOutbox();
    for (const consumer of consumers) moved += await this.#fill(consumer);
    // The embedded stores answer without waiting; others of this process want to do something too.
    await breath();
    return moved;
  }

  async #publishOutbox(): Promise<number> {
    const { outbox, bus } = this.#parts;
    const entries = await outbox.pending(outboxPage);
    for (const { event } of entries) await bus.publish(event);
    const last = entries.at(-1);
    if (last !== undefined) await outbox.published(last.position);
    return entries.length;
  }

  /** Takes as many messages of a consumer as its lane has room for, and begins with each. */
  async #fill(consumer: Consumer): Promise<number> {
    const lane = this.#inHand.get(consumer) ?? new Set();
    const room = concurrency[consumer] - lane.size;
    if (room <= 0) return 0;
    const messages = await this.#parts.queues.receive(consumer, room, visibilitySeconds);
    for (const message of messages) {
      const delivery: Promise<void> = this.#deliver(consumer, message)
        .catch((error: unknown) => void this.#failures.push(error))
        .finally(() => {
          lane.delete(delivery);
          this.#news.call();
        });
      lane.add(delivery);
    }
    return messages.length;
  }

  async #deliver(consumer: Consumer, message: Message): Promise<void> {
    const { queues, clock, onDelivery } = this.#parts;
    const { event, receiveCount } = message;
    const told = { consumer, eventType: event.type, eventId: event.id, receiveCount };
    const started = clock.now().getTime();
    const failure = await this.#handle(consumer, event, told);
    const durationMs = clock.now().getTime() - started;
    if (failure === undefined) {
      await queues.acknowledge(message);
      onDelivery?.({ ...told, durationMs, outcome: 'done' });
      return;
    }
    const { code } = asEscrowError(failure.error);
    const disposition = afterFailure(retries[consumer], failure.error, receiveCount);
    if ('bury' in disposition) await queues.bury(keptOf(message, code), disposition.bury);
    else await queues.release(message, disposition.retryAfterSeconds);
    const outcome = 'bury' in disposition ? 'buried' : 'retry';
    onDelivery?.({ ...told, durationMs, outcome, code }, failure.error);
  }

  /** Hands an event to its use case. @returns what that threw, if it did */
  async #handle(
    consumer: Consumer,
    event: CloudEvent,
    told: LogFields,
  ): Promise<{ error: unknown } | undefined> {
    const { handlers, tracing = noTracing } = this.#parts;
    try {
      await tracing.span(`delivery ${consumer}`, told, () => handlers[consumer](event));
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  /** @throws what a store answered while a delivery was put away */
  #raise(): void {
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  async #untilNext(): Promise<number | undefined> {
    const { queues, clock } = this.#parts;
    const next = await queues.nextVisible();
    return next === undefined ? undefined : next.getTime() - clock.now().getTime();
  }

  async #allInHand(): Promise<void> {
    await Promise.all([...this.#inHand.values()].flatMap((lane) => [...lane]));
  }
}

function isConsumer(name: string): name is Consumer {
  return Object.hasOwn(subscriptions, name);
}
