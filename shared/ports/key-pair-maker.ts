import type { Enrollment } from '#domain/enrollment.ts';
import type { Secret } from '#domain/secret.ts';
import type { RecordNow, RefuseNow } from './ledger.ts';

/** An enrollment whose subscriber has just set its password. */
export interface PasswordedEnrollment {
  /** Which one it is; the purpose says who can make its key pair, and is looked up again there. */
  enrollment: Pick<Enrollment, 'organization' | 'id' | 'purpose'>;
  /** The subscriber's, checked. It stays the caller's, who erases it. */
  password: Secret;
  /** Names the request that set it, so that the same request is known when it comes again. */
  setBy?: string | undefined;
  /** When the subscriber last proved who they are, seconds since 1970; lifts a lock where the request comes again. */
  authTime?: number | undefined;
  /** The subscriber's, as the token says; the policy may ask for one. */
  groups?: readonly string[] | undefined;
  /** For the record. */
  requestId: string;
  /** Records that the password is set, before the key counts: just before, where it is made on the spot; else before it is asked for. */
  recordNow?: RecordNow | undefined;
  /** Records a password that locks the key by being wrong, where it is tried on the spot. */
  refuseNow?: RefuseNow | undefined;
}

/**
 * Makes a key pair under a password that was set a moment ago: on the spot, or by whoever alone may use the keys and stores
 * that it takes.
 */
export interface KeyPairMaker {
  /**
   * Makes the key pair, and waits until it stands. Where this very request made it before (`setBy`), it asks only whether the
   * password opens it: that is a try, and is counted.
   * @returns the enrollment as it stands then, `ready`
   * @throws what the step `makeKeyPair` throws; StateError `wrong-state`, `making-in-progress` if another request made it, or it is
   *   being made; where the request came before, LockError `wrong-password`, `enrollment-locked`, `enrollment-blocked`; StoreError `store-unavailable` where no answer came: it may stand nevertheless. It is never asked twice for one
   *   request: who sends that again is told by the enrollment what became of it
   */
  make(request: PasswordedEnrollment): Promise<Enrollment>;
}
