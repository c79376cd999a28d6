import type { Enrollment } from '#domain/enrollment.ts';
import type { Unlocking } from '#domain/unlocking.ts';

/** A key whose escrow became due, and what opens it now. */
export interface DueKey {
  enrollment: Pick<Enrollment, 'organization' | 'id'>;
  /** It stays the caller's, who erases it. */
  unlocking: Unlocking;
  /** When the subscriber last proved who they are, seconds since 1970; lifts a lock. */
  authTime?: number | undefined;
  /** For the record. */
  requestId: string;
}

/**
 * Makes the escrowed backup of a key that was made without, while its subscriber's password, or wrapped key, is at hand: on the spot,
 * or by whoever alone may use the stores that it takes.
 */
export interface DueEscrow {
  /**
   * Makes it, and waits until it stands. Whether it is due, and whether policy still requires it, is looked up again: where it is not,
   * nothing is made. A password that is presented is tried, and counted.
   * @returns the enrollment as it stands then
   * @throws what the step `makeDueEscrow` throws; StoreError `store-unavailable` where no answer came: it may stand nevertheless, and
   *   is then not made again
   */
  make(due: DueKey): Promise<Enrollment>;
}
