/**
 * Lets a few pieces of work run at the same time and some more wait for their turn, and takes none beyond that: what strangers
 * may ask for must not pile up before what the service itself has to do.
 */
export class FewAtOnce {
  readonly #mostRunning: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ running, waiting }: { running: number; waiting: number }) {
    this.#mostRunning = running;
    this.#mostWaiting = waiting;
  }

  /**
   * Does some work when its turn comes, in the order of asking.
   * @returns its result; undefined, and it was not begun, if too much waits already. Throws what the work throws
   */
  async run<T extends object>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#running < this.#mostRunning) this.#running += 1;
    else if (this.#waiting.length >= this.#mostWaiting) return undefined;
    // Whoever ends hands its place on, so nobody who asks later can take it.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
