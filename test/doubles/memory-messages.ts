import type { ErrorCode } from '#domain/error-codes.ts';
import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, DeadLetter, EventBus, Message, MessageQueues } from '#ports/messages.ts';

interface Waiting {
  id: number;
  consumer: string;
  event: CloudEvent;
  visibleAt: number;
  receiveCount: number;
}

/** Queues in memory. */
export class MemoryMessageQueues implements MessageQueues {
  readonly #clock: Clock;
  #lastId = 0;
  #waiting: Waiting[] = [];
  #dead: DeadLetter[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Puts an event into a consumer's queue, unless it waits there already. */
  put(consumer: string, event: CloudEvent): void {
    const isSame = (each: Waiting) =>
      each.consumer === consumer && each.event.id === event.id && each.event.source === event.source;
    if (this.#waiting.some(isSame)) return;
    const visibleAt = this.#now();
    this.#waiting.push({
      id: this.#nextId(),
      consumer,
      event: structuredClone(event),
      visibleAt,
      receiveCount: 0,
    });
  }

  async receive(consumer: string, limit: number, visibilitySeconds: number): Promise<Message[]> {
    const now = this.#now();
    const taken = this.#waiting
      .filter((each) => each.consumer === consumer && each.visibleAt <= now)
      .sort((one, other) => one.visibleAt - other.visibleAt || one.id - other.id)
      .slice(0, limit)
      .sort((one, other) => one.id - other.id);
    return taken.map((each) => {
      each.visibleAt = now + visibilitySeconds * 1_000;
      each.receiveCount += 1;
      return {
        receipt: receiptOf(each),
        consumer,
        event: structuredClone(each.event),
        receiveCount: each.receiveCount,
      };
    });
  }

  async acknowledge(message: Message): Promise<void> {
    const delivered = this.#delivered(message);
    this.#waiting = this.#waiting.filter((each) => each !== delivered);
  }

  async release(message: Message, delaySeconds: number): Promise<void> {
    const delivered = this.#delivered(message);
    if (delivered !== undefined) delivered.visibleAt = this.#now() + Math.round(delaySeconds * 1_000);
  }

  async bury(message: Message, code: ErrorCode): Promise<void> {
    const delivered = this.#delivered(message);
    if (delivered === undefined) return;
    const { consumer } = delivered;
    const event = structuredClone(message.event);
    const since = this.#clock.now().toISOString();
    this.#dead.push({ id: String(this.#nextId()), consumer, event, code, since });
    await this.acknowledge(message);
  }

  async deadLetters(consumer?: string): Promise<DeadLetter[]> {
    return structuredClone(this.#dead.filter((each) => consumer === undefined || each.consumer === consumer));
  }

  async redrive(id: string): Promise<void> {
    const letter = this.#dead.find((each) => each.id === id);
    if (letter === undefined) throw new StoreError('object-missing');
    this.#dead = this.#dead.filter((each) => each !== letter);
    this.put(letter.consumer, letter.event);
  }

  async depth(): Promise<number> {
    return this.#waiting.length;
  }

  async nextVisible(): Promise<Date | undefined> {
    const hidden = this.#waiting.map((each) => each.visibleAt).filter((time) => time > this.#now());
    return hidden.length === 0 ? undefined : new Date(Math.min(...hidden));
  }

  #delivered({ receipt }: Message): Waiting | undefined {
    return this.#waiting.find((each) => receiptOf(each) === receipt && each.visibleAt > this.#now());
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

/** Puts events into queues in memory. */
export class MemoryEventBus implements EventBus {
  readonly #queues: MemoryMessageQueues;
  readonly #subscriptions: Readonly<Record<string, readonly string[]>>;

  constructor(queues: MemoryMessageQueues, subscriptions: Readonly<Record<string, readonly string[]>>) {
    this.#queues = queues;
    this.#subscriptions = subscriptions;
  }

  async publish(event: CloudEvent): Promise<void> {
    for (const [consumer, types] of Object.entries(this.#subscriptions)) {
      if (types.includes(event.type)) this.#queues.put(consumer, event);
    }
  }
}

function receiptOf({ id, receiveCount }: Waiting): string {
  return `${id}.${receiveCount}`;
}
