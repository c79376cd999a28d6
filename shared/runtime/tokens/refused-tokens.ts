import type { CodeOf } from '#domain/error-codes.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { RefusalReason } from './token-faults.ts';

const window = 60_000;
/** Bounds both the memory and the records that a minute of strangers can cost. */
const mostWindows = 1_000;

/**
 * The record of refused tokens: at most one entry a minute for each client address and reason, and a thousand a minute in
 * all. What is left out is counted, and the next entry of the same reason tells how many that were. The address is personal
 * data: it is kept in memory for the minute, and stands in no entry.
 */
export class RefusedTokens {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  /** When each address and reason was last recorded, in milliseconds; the oldest first. */
  readonly #recorded = new Map<string, number>();
  readonly #leftOut = new Map<RefusalReason, number>();

  constructor({ ledger, clock }: { ledger: Ledger; clock: Clock }) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /**
   * Records a refusal, or counts it.
   * @throws StoreError `store-unavailable` if the record could not be made; the next refusal tries again
   */
  async note(
    code: CodeOf<'access'>,
    reason: RefusalReason,
    clientAddress: string,
    requestId: string,
  ): Promise<void> {
    const leftOut = this.#leftOut.get(reason) ?? 0;
    const key = `${reason} ${clientAddress}`;
    this.#forgetOld();
    if (this.#recorded.has(key) || this.#recorded.size >= mostWindows) {
      this.#leftOut.set(reason, leftOut + 1);
      return;
    }
    // Taken before the wait, so that a burst makes one entry.
    this.#recorded.set(key, this.#clock.now().getTime());
    this.#leftOut.delete(reason);
    const about = leftOut === 0 ? [reason] : [reason, `and ${leftOut} more since`];
    const entry = { action: 'verify-token', organization: '', principal: 'unknown', code, about, requestId };
    try {
      await this.#ledger.record({ ...entry, outcome: 'refused' });
    } catch (error) {
      this.#recorded.delete(key);
      // This one stays unrecorded too.
      this.#leftOut.set(reason, leftOut + 1 + (this.#leftOut.get(reason) ?? 0));
      throw error;
    }
  }

  #forgetOld(): void {
    const now = this.#clock.now().getTime();
    for (const [key, since] of this.#recorded) {
      if (now - since < window) break;
      this.#recorded.delete(key);
    }
  }
}
