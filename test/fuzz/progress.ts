import type { Tally } from './tally.ts';

export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Says how far it got: once a second on a terminal, and else at each tenth. */
export class Progress {
  readonly #runs: number;
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #start: number;
  #shownAt = Number.NEGATIVE_INFINITY;
  #tenths = 0;

  /** @param now milliseconds */
  constructor(runs: number, screen: Screen, now: () => number = () => performance.now()) {
    this.#runs = runs;
    this.#screen = screen;
    this.#now = now;
    this.#start = now();
  }

  show({ runs, wrong }: Pick<Tally, 'runs' | 'wrong'>): void {
    const now = this.#now();
    const rate = Math.round((1_000 * runs) / Math.max(1, now - this.#start));
    const line = `${runs} of ${this.#runs} runs, ${rate} a second, ${wrong} with findings`;
    if (this.#screen.isTTY === true) {
      if (now - this.#shownAt < 1_000 && runs < this.#runs) return;
      this.#screen.write(`\r\x1b[K${line}${runs < this.#runs ? '' : '\n'}`);
    } else {
      const tenths = Math.floor((10 * runs) / this.#runs);
      if (tenths === this.#tenths) return;
      this.#tenths = tenths;
      this.#screen.write(`${line}\n`);
    }
    this.#shownAt = now;
  }
}
