import type { Clock } from '#ports/clock.ts';

const firstRestSeconds = 4;
const longestRestSeconds = 300;

interface Rest {
  hangs: number;
  /** Milliseconds since 1970 */
  until: number;
}

/**
 * Remembers the targets that hung: each waits for its whole time-out, and a few of them would keep everybody else's
 * deliveries waiting. A target rests for longer each time in a row, and no longer once it answers. The first rest is shorter than
 * the first pause between tries, so one hang costs no try.
 */
export class RestingTargets {
  readonly #clock: Clock;
  readonly #rests = new Map<string, Rest>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a target is left alone now. */
  rests(origin: string): boolean {
    return (this.#rests.get(origin)?.until ?? 0) > this.#clock.now().getTime();
  }

  hung(origin: string): void {
    // Of several at the same time: it hung once.
    if (this.rests(origin)) return;
    const hangs = (this.#rests.get(origin)?.hangs ?? 0) + 1;
    const seconds = Math.min(longestRestSeconds, firstRestSeconds * 2 ** (hangs - 1));
    this.#rests.set(origin, { hangs, until: this.#clock.now().getTime() + seconds * 1000 });
  }

  answered(origin: string): void {
    this.#rests.delete(origin);
  }
}
