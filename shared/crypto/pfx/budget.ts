import { PfxError } from '#domain/errors.ts';

/** How many iterations a backup may ask for in all: three derivations of a million. */
export const backupBudget = 3_000_000;

/** The same of a file of others: NSS and GnuTLS ask for 600,000, and triple DES for that seven times. */
export const inspectionBudget = 4_200_000;

/**
 * Bytes of a file that may be under RC2: certificates are all that programs still encrypt so, and each byte keeps the event
 * loop for about a microsecond.
 */
const mostRc2 = 65_536;

/** A count may have hundreds of digits, of which nobody wants to read more. */
const mostTold = 1e12;

/** What is left of the work that a file may ask for. Each count is charged before it is derived. */
export class IterationBudget {
  readonly #total: number;
  #left: number;
  #rc2Left = mostRc2;

  /** @param total iterations, over all derivations of the file */
  constructor(total: number) {
    this.#total = total;
    this.#left = total;
  }

  /**
   * @param derivations how many derivations the count is for
   * @throws PfxError `pfx-costly` for more than is left
   */
  charge(iterations: number, derivations = 1): void {
    this.#left -= iterations * derivations;
    if (this.#left < 0) throw this.#tooCostly();
  }

  /**
   * @param length bytes that are under RC2
   * @throws PfxError `pfx-too-large` for more than is left
   */
  chargeRc2(length: number): void {
    this.#rc2Left -= length;
    if (this.#rc2Left < 0) throw new PfxError('pfx-too-large');
  }

  /** What more the file would ask for is not looked at. */
  #tooCostly(): PfxError {
    const asked = Math.min(this.#total - this.#left, mostTold).toLocaleString('en-US');
    const most = this.#total.toLocaleString('en-US');
    return new PfxError('pfx-costly', {
      why: `the file asks for more key-derivation work than is allowed: for ${asked} iterations at least, where ${most} are the most`,
    });
  }
}
