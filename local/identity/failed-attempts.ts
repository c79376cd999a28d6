import type { Clock } from '#ports/clock.ts';

const mostAttempts = 10;
const window = 15 * 60_000;
/** Bounds the memory that strangers' names can take; the oldest are forgotten first. */
const mostNames = 10_000;

/** Counts attempts by name: ten within fifteen minutes, then none until the first of them is that long ago. */
export class FailedAttempts {
  readonly #clock: Clock;
  /** When each name's attempts began, in milliseconds. */
  readonly #begun = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts an attempt. @returns `last` if it is the last one allowed for now; `refused` if it may not be made */
  begin(name: string): 'allowed' | 'last' | 'refused' {
    const now = this.#clock.now().getTime();
    const recent = (this.#begun.get(name) ?? []).filter((time) => now - time < window);
    if (recent.length >= mostAttempts) return 'refused';
    recent.push(now);
    this.#begun.delete(name);
    this.#begun.set(name, recent);
    this.#makeRoom();
    return recent.length === mostAttempts ? 'last' : 'allowed';
  }

  /** Forgets a name's attempts: the last one was no failure. */
  forget(name: string): void {
    this.#begun.delete(name);
  }

  #makeRoom(): void {
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > mostNames && oldest !== undefined) this.#begun.delete(oldest);
  }
}
