import type { Clock } from '#ports/clock.ts';

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #milliseconds: number;

  /** @param start ISO 8601 */
  constructor(start = '2026-01-05T08:00:00.000Z') {
    this.#milliseconds = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#milliseconds);
  }

  /** Moves it on. */
  advance(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }
}
