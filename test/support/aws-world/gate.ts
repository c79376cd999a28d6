import type { Random } from '#test/fuzz/random.ts';

/** A request that waits for its turn. */
interface Waiting {
  lane: string;
  go(): void;
}

/** Longer than any lane works without a request of its own; a lane that takes longer is not waited for. */
const patience = 5_000;

/**
 * Lets through one request at a time, whichever lane it is of. Where several functions are at work at once, it waits until each of
 * them has asked for something, and then chooses: so their requests fall between each other's in every order, and in the same
 * order for the same seed.
 */
export class Gate {
  /** Decides which goes first. */
  random: Random;
  /** How often each lane has begun and not ended. */
  readonly #atWork = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(random: Random) {
    this.random = random;
  }

  /** A lane begins to work; it is waited for until it has ended as often. */
  begin(lane: string): void {
    this.#atWork.set(lane, (this.#atWork.get(lane) ?? 0) + 1);
  }

  end(lane: string): void {
    const left = (this.#atWork.get(lane) ?? 0) - 1;
    if (left > 0) this.#atWork.set(lane, left);
    else this.#atWork.delete(lane);
    this.#next();
  }

  /** Waits for a request's turn; `done` ends it. */
  async turn(lane: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ lane, go: resolve });
    this.#next();
    await promise;
  }

  done(): void {
    this.#isBusy = false;
    this.#next();
  }

  #next(isLate = false): void {
    clearTimeout(this.#timer);
    if (this.#isBusy || this.#waiting.length === 0) return;
    const lanes = [...new Set(this.#waiting.map(({ lane }) => lane))].sort();
    const isComplete = [...this.#atWork.keys()].every((lane) => lanes.includes(lane));
    if (!isComplete && !isLate) {
      this.#timer = setTimeout(() => this.#next(true), patience);
      return;
    }
    const lane = this.random.of(lanes);
    const [chosen] = this.#waiting.splice(
      this.#waiting.findIndex((each) => each.lane === lane),
      1,
    );
    this.#isBusy = true;
    chosen?.go();
  }
}
