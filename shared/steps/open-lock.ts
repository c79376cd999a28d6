import { openByPassword, openHeld } from '#crypto/locks.ts';
import { type Enrollment, type Tries, transitions } from '#domain/enrollment.ts';
import { EscrowError, LockError, ProviderError, StateError } from '#domain/errors.ts';
import type { DomainEvent } from '#domain/events.ts';
import type { Principal } from '#domain/principal.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import type { RefuseNow } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { checkCustody, loadEnrollment } from './load.ts';
import { updateEnrollment } from './update-enrollment.ts';

/** Wrong passwords in a row after which a fresh sign-in is needed, and in a life after which an official is. */
export const mostTries = { inARow: 10, inLife: 100 } as const;

/** Whether tries have locked an enrollment, until a fresh sign-in or for good. */
export function isLocked({ inARow, inLife }: Tries): boolean {
  return inARow >= mostTries.inARow || inLife >= mostTries.inLife;
}

/** The subscriber, of whom no more is asked here than when they last proved who they are: that lifts a lock. */
export type SignedIn = Pick<Principal, 'authTime'>;

/** What it takes to open a lock; and what records the last try that is allowed, before an event tells that the key is locked. */
export type Opening = Pick<Dependencies, 'registry' | 'keys' | 'clock'> & {
  refuseNow?: RefuseNow | undefined;
};

/**
 * Opens the subscriber's lock: the key is then wrapped by custody only.
 *
 * A password try is counted as wrong by a conditional write before it is made, so that neither a crash nor a race gives
 * a free guess; a right one is taken back by `rightTry` in the write that follows, or by `takeBack` where none does.
 * @throws LockError `wrong-password`, `wrong-unlocking`, `enrollment-locked`, `enrollment-blocked`; StoreError, StateError,
 *   ProviderError as the ports throw
 */
export async function openLock(
  dependencies: Opening,
  principal: SignedIn,
  enrollment: Enrollment,
  locked: Uint8Array,
  unlocking: Unlocking,
): Promise<Uint8Array> {
  const { organization, id } = enrollment;
  const context = { organization, enrollmentId: id };
  if (enrollment.lock === 'held' && 'held' in unlocking) return openHeld({ locked, context });
  // Whether a presented wrapped key is the right one, custody tells when it unwraps it.
  if (enrollment.lock === 'recipient' && 'wrappedKey' in unlocking) return unlocking.wrappedKey;
  if (enrollment.lock !== 'password' || !('password' in unlocking)) throw new LockError('wrong-unlocking');

  const { tries } = await countTry(dependencies, principal, enrollment);
  try {
    const mac = (message: Uint8Array) => dependencies.keys.mac(message);
    return await openByPassword({ locked, password: unlocking.password, context, mac });
  } catch (error) {
    const wrong = error instanceof EscrowError && error.code === 'wrong-password';
    // A try that failed for another reason told the caller nothing about the password.
    if (wrong) throw (await lastTry(dependencies, enrollment, tries, error)) ?? error;
    await takeBack(dependencies, enrollment);
    throw error;
  }
}

/**
 * Reads the locked record of the own enrollment and opens its lock.
 * @throws ProviderError `key-not-exportable` for a resident key, which has none, `provider-misconfigured` if it lives in another
 *   custody; StateError `version-conflict` if the lock was changed since the enrollment was read; StoreError as the document
 *   store throws; what `openLock` throws
 */
export async function openOwnLock(
  dependencies: Opening & Pick<Dependencies, 'documents'>,
  principal: SignedIn,
  enrollment: Enrollment,
  unlocking: Unlocking,
): Promise<Uint8Array> {
  checkCustody(dependencies, enrollment);
  const id = enrollment.key?.lockedKeyId;
  if (id === undefined) throw new ProviderError('key-not-exportable');
  const locked = await readLocked(dependencies, enrollment, id);
  return await openLock(dependencies, principal, enrollment, locked, unlocking);
}

/**
 * Opens the lock of the own enrollment as `openOwnLock` does, and does something with the key. A password was right then, so that what
 * fails after it must not count as a guess.
 * @param work gets the key as custody wrapped it
 * @throws what `openOwnLock` and the work throw
 */
export async function withOpenLock<T>(
  dependencies: Opening & Pick<Dependencies, 'documents'>,
  principal: SignedIn,
  enrollment: Enrollment,
  unlocking: Unlocking,
  work: (wrapped: Uint8Array) => Promise<T>,
): Promise<T> {
  const wrapped = await openOwnLock(dependencies, principal, enrollment, unlocking);
  try {
    return await work(wrapped);
  } catch (error) {
    if ('password' in unlocking) await takeBack(dependencies, enrollment).catch(() => undefined);
    throw error;
  }
}

async function readLocked(
  dependencies: Pick<Dependencies, 'registry' | 'documents'>,
  { organization, id: enrollmentId }: Enrollment,
  id: string,
): Promise<Uint8Array> {
  try {
    return await dependencies.documents.get({ kind: 'locked-key', organization, id });
  } catch (cause) {
    const { key } = await loadEnrollment(dependencies, organization, enrollmentId);
    // The password was changed, or the key destroyed, since the enrollment was read: the record is gone as it should be.
    throw key?.lockedKeyId === id ? cause : new StateError('version-conflict', { cause });
  }
}

/** The tries as they stand after the counted one proved right. */
export function rightTry({ inLife, lastTriedAt }: Tries): Tries {
  return { inARow: 0, inLife: Math.max(0, inLife - 1), ...(lastTriedAt !== undefined && { lastTriedAt }) };
}

/**
 * Takes a counted try back: custody did not answer, or the password proved right and what came after it failed. Throws as
 * `updateEnrollment` does.
 */
export async function takeBack(
  dependencies: Pick<Dependencies, 'registry'>,
  enrollment: Enrollment,
): Promise<void> {
  await updateEnrollment(dependencies, enrollment, transitions.recordTry, ({ tries }) => ({
    tries: { ...tries, inARow: Math.max(0, tries.inARow - 1), inLife: Math.max(0, tries.inLife - 1) },
  }));
}

async function countTry(
  dependencies: Pick<Dependencies, 'registry' | 'clock'>,
  principal: SignedIn,
  enrollment: Enrollment,
): Promise<Enrollment> {
  return await updateEnrollment(dependencies, enrollment, transitions.recordTry, ({ tries }) => {
    if (tries.inLife >= mostTries.inLife) throw new LockError('enrollment-blocked');
    const locked = tries.inARow >= mostTries.inARow;
    if (locked && !signedInSince(principal, tries.lastTriedAt)) throw new LockError('enrollment-locked');
    const inARow = (locked ? 0 : tries.inARow) + 1;
    const lastTriedAt = triedAt(dependencies.clock.now(), tries, locked ? principal : {});
    return { tries: { inARow, inLife: tries.inLife + 1, lastTriedAt } };
  });
}

/**
 * When the last try was: now; but not before the one before it, for a clock may be set back, nor before the sign-in that lifts
 * the lock, which is in the future where the issuer's clock is ahead. So no sign-in lifts twice.
 * @param lifter who lifts the lock, if it is one
 */
function triedAt(now: Date, { lastTriedAt }: Tries, { authTime = 0 }: SignedIn): string {
  const before = lastTriedAt === undefined ? 0 : Date.parse(lastTriedAt);
  return new Date(Math.max(now.getTime(), before, authTime * 1_000)).toISOString();
}

function signedInSince({ authTime }: SignedIn, lastTriedAt: string | undefined): boolean {
  if (authTime === undefined) return false;
  return lastTriedAt === undefined || authTime * 1000 > Date.parse(lastTriedAt);
}

/** The error of a wrong password that was the last one allowed, once its event is told; undefined for any other. */
async function lastTry(
  dependencies: Pick<Opening, 'registry' | 'refuseNow'>,
  enrollment: Enrollment,
  { inARow, inLife }: Tries,
  cause: unknown,
): Promise<LockError | undefined> {
  const blocked = inLife >= mostTries.inLife;
  if (!blocked && inARow < mostTries.inARow) return undefined;
  const name = blocked ? 'EnrollmentBlocked' : 'EnrollmentLocked';
  const event: DomainEvent = { name, data: { enrollmentId: enrollment.id } };
  const refusal = new LockError(blocked ? 'enrollment-blocked' : 'enrollment-locked', { cause });
  await dependencies.refuseNow?.(refusal);
  await updateEnrollment(dependencies, enrollment, transitions.recordTry, () => ({ events: [event] }));
  return refusal;
}
