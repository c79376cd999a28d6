import { organizationOf } from '#contract/events.ts';
import { isTaken, type Subscription } from '#contract/subscriptions.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, DeadLetter, EventBus, Message, MessageQueues } from '#ports/messages.ts';
import type { Backlog, OrganizationQueues } from '#ports/organization-queues.ts';
import type { Page } from '#ports/registry.ts';

interface Waiting {
  id: number;
  consumer: string;
  event: CloudEvent;
  enqueuedAt: number;
  visibleAt: number;
  receiveCount: number;
}

/** Queues in memory. */
export class MemoryMessageQueues implements MessageQueues, OrganizationQueues {
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
    const now = this.#now();
    this.#waiting.push({
      id: this.#nextId(),
      consumer,
      event: structuredClone(event),
      enqueuedAt: now,
      visibleAt: now,
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

  async deadLettersOf(organization: string, limit: number, cursor?: string): Promise<Page<DeadLetter>> {
    const found = this.#deadOf(organization).filter(({ id }) => Number(id) > Number(cursor ?? 0));
    const items = structuredClone(found.slice(0, limit));
    const last = items.at(-1);
    return found.length > limit && last !== undefined ? { items, cursor: last.id } : { items };
  }

  async countDeadLetters(organization: string): Promise<number> {
    return this.#deadOf(organization).length;
  }

  async redriveOf(organization: string, id: string, before?: () => Promise<unknown>): Promise<void> {
    const isThere = () => this.#deadOf(organization).some((each) => each.id === id);
    if (!isThere()) throw new StoreError('object-missing');
    await before?.();
    if (!isThere()) throw new StoreError('object-missing');
    await this.redrive(id);
  }

  async backlog(organization: string): Promise<Backlog> {
    const times = this.#waiting.filter(isOf(organization)).map(({ enqueuedAt }) => enqueuedAt);
    if (times.length === 0) return { waiting: 0 };
    return { waiting: times.length, oldestSince: new Date(Math.min(...times)) };
  }

  #deadOf(organization: string): DeadLetter[] {
    return this.#dead.filter(isOf(organization));
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
  readonly #subscriptions: Readonly<Record<string, Subscription>>;

  constructor(queues: MemoryMessageQueues, subscriptions: Readonly<Record<string, Subscription>>) {
    this.#queues = queues;
    this.#subscriptions = subscriptions;
  }

  async publish(event: CloudEvent): Promise<void> {
    for (const [consumer, subscription] of Object.entries(this.#subscriptions)) {
      if (isTaken(subscription, event)) this.#queues.put(consumer, event);
    }
  }
}

function isOf(organization: string): (message: { event: CloudEvent }) => boolean {
  return ({ event }) => organizationOf(event.source) === organization;
}

function receiptOf({ id, receiveCount }: Waiting): string {
  return `${id}.${receiveCount}`;
}
