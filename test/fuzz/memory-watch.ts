/**
 * Whether memory grows over many cases: of each window of samples the lowest counts, since garbage is collected some time or
 * other, and what is held then is held.
 */
export class MemoryWatch {
  readonly #window: number;
  #lowest = Number.POSITIVE_INFINITY;
  #samples = 0;
  #first: number | undefined;
  #growth = 0;

  /** @param window samples that are taken together */
  constructor(window: number) {
    this.#window = window;
  }

  /** @param held bytes. @returns by how many bytes the last whole window was above the first one */
  sample(held: number): number {
    this.#lowest = Math.min(this.#lowest, held);
    if (++this.#samples % this.#window === 0) {
      this.#first ??= this.#lowest;
      this.#growth = this.#lowest - this.#first;
      this.#lowest = Number.POSITIVE_INFINITY;
    }
    return this.#growth;
  }
}
