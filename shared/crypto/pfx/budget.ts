import { PfxError } from '#domain/errors.ts';

/** How many iterations a file of others may ask for in all: three derivations of a million. NSS asks for 3 x 600,000. */
export const iterationBudgetDefault = 3_000_000;

/** What is left of the key-derivation work that a file may ask for. Each count is charged before it is derived. */
export class IterationBudget {
  #left: number;

  /** @param total iterations, over all derivations of the file */
  constructor(total: number) {
    this.#left = total;
  }

  /**
   * @param derivations how many derivations the count is for
   * @throws PfxError `pfx-costly` for more than is left
   */
  charge(iterations: number, derivations = 1): void {
    this.#left -= iterations * derivations;
    if (this.#left < 0) throw new PfxError('pfx-costly');
  }
}
