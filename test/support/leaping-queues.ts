import type { ErrorCode } from '#domain/error-codes.ts';
import type { DeadLetter, Message, MessageQueues } from '#ports/messages.ts';
import type { ManualClock } from '#test/doubles/clock.ts';

/** More than any test has work for: one that never ends fails. */
const mostReceives = 800;

/** Queues where nobody waits: whoever asks when the next message becomes visible finds that it is that time. */
export class LeapingQueues implements MessageQueues {
  readonly #queues: MessageQueues;
  readonly #clock: ManualClock;
  #receives = 0;
  /** By how much each question moved the clock, in seconds. */
  readonly leaps: number[] = [];

  constructor(queues: MessageQueues, clock: ManualClock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  async nextVisible(): Promise<Date | undefined> {
    const next = await this.#queues.nextVisible();
    if (next === undefined) return undefined;
    const wait = next.getTime() - this.#clock.now().getTime();
    this.leaps.push(wait / 1_000);
    this.#clock.advance(wait);
    return next;
  }

  async receive(consumer: string, limit: number, visibilitySeconds: number): Promise<Message[]> {
    this.#receives += 1;
    if (this.#receives > mostReceives) throw new RangeError('there is no end to what is set to work');
    return await this.#queues.receive(consumer, limit, visibilitySeconds);
  }

  acknowledge(message: Message): Promise<void> {
    return this.#queues.acknowledge(message);
  }

  release(message: Message, delaySeconds: number): Promise<void> {
    return this.#queues.release(message, delaySeconds);
  }

  bury(message: Message, code: ErrorCode): Promise<void> {
    return this.#queues.bury(message, code);
  }

  deadLetters(consumer?: string): Promise<DeadLetter[]> {
    return this.#queues.deadLetters(consumer);
  }

  redrive(id: string): Promise<void> {
    return this.#queues.redrive(id);
  }

  depth(): Promise<number> {
    return this.#queues.depth();
  }
}
