import { newId } from '#crypto/identifiers.ts';
import {
  type Enrollment,
  type EnrollmentChange,
  type EnrollmentKey,
  transitions,
  withSuperseded,
} from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import type { RecordNow } from '#ports/ledger.ts';
import { putAndReadBack } from './attempt-documents.ts';
import type { Dependencies } from './dependencies.ts';
import { loadEnrollment } from './load.ts';
import { lockKey } from './lock-key.ts';
import { standsNot } from './may-stand.ts';
import { rightTry } from './open-lock.ts';
import { updateEnrollment } from './update-enrollment.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'keys'>;

/** The key as it was opened under the old password, and what it is locked under from now on. */
export interface Relocking {
  /** The enrollment as it was when its lock was opened. */
  enrollment: Enrollment;
  /** The key as custody wrapped it, out of the old lock. */
  wrapped: Uint8Array;
  password: Secret;
  passwordSetBy: string | undefined;
  /** Records that the password is another, just before it is. */
  recordNow?: () => ReturnType<RecordNow>;
}

/**
 * Locks the key of an enrollment anew under another password. The old locked record counts until the one write that names the
 * new one, and takes the old one up among what is to be discarded.
 *
 * The enrollment names the new record before that is written, so that a crash leaves none that nobody knows of: the next
 * change, the key's destruction, or the reconciler discards it.
 * @returns the enrollment, which still names the old record as superseded
 * @throws StateError `version-conflict` if another change was faster, `wrong-state`; ProofError `proof-failed`; what the ports
 *   throw
 */
export async function relockKey(dependencies: Needs, relocking: Relocking): Promise<Enrollment> {
  const { enrollment, wrapped, password } = relocking;
  const { organization, id: enrollmentId } = enrollment;
  const id = `${enrollmentId}.${newId('lck')}`;
  await announce(dependencies, enrollment, id);
  try {
    const locked = await lockKey(dependencies, enrollment, wrapped, password);
    await putAndReadBack(dependencies, { kind: 'locked-key', organization, id }, locked);
    return await switchTo(dependencies, relocking, id);
  } catch (error) {
    return await giveUp(dependencies, enrollment, id, error);
  }
}

async function announce(dependencies: Needs, enrollment: Enrollment, id: string): Promise<void> {
  await updateEnrollment(dependencies, enrollment, transitions.changePassword, (current) => {
    checkSameLock(current, enrollment);
    // An earlier change that never ended: it can end no more.
    return { pendingLock: id, superseded: withSuperseded(current, [current.pendingLock]) };
  });
}

/**
 * Gives up the change of a password that never ended, so that it can end no more: its record is then among what is to be
 * discarded.
 * @returns the enrollment as it stands
 * @throws as `updateEnrollment`
 */
export async function supersedePendingLock(
  dependencies: Pick<Needs, 'registry'>,
  enrollment: Enrollment,
): Promise<Enrollment> {
  const { pendingLock } = enrollment;
  if (pendingLock === undefined) return enrollment;
  return await updateEnrollment(dependencies, enrollment, transitions.changePassword, (current) =>
    current.pendingLock === pendingLock
      ? { pendingLock: undefined, superseded: withSuperseded(current, [pendingLock]) }
      : {},
  );
}

async function switchTo(
  dependencies: Needs,
  { enrollment, passwordSetBy, recordNow }: Relocking,
  id: string,
): Promise<Enrollment> {
  const change = (current: Enrollment): EnrollmentChange => {
    const key = checkSameLock(current, enrollment);
    // Another change took over, and its traces are being discarded.
    if (current.pendingLock !== id) throw new StateError('version-conflict');
    return {
      key: { ...key, lockedKeyId: id },
      pendingLock: undefined,
      superseded: withSuperseded(current, [key.lockedKeyId]),
      passwordSetBy,
      tries: rightTry(current.tries),
      events: [{ name: 'EnrollmentPasswordChanged', data: { enrollmentId: current.id } }],
    };
  };
  return await updateEnrollment(dependencies, enrollment, transitions.changePassword, change, recordNow);
}

/** The key, if its lock is still the one that was opened: what it opened to must not be locked under a password set since. */
function checkSameLock(current: Enrollment, opened: Enrollment): EnrollmentKey {
  const { key } = current;
  if (key === undefined || key.lockedKeyId !== opened.key?.lockedKeyId)
    throw new StateError('version-conflict');
  return key;
}

/** After a failure: if the last write stands after all (its answer was lost), it is done; otherwise its record goes. */
async function giveUp(
  dependencies: Needs,
  { organization, id: enrollmentId }: Enrollment,
  id: string,
  failure: unknown,
): Promise<Enrollment> {
  let told = failure;
  try {
    const current = await loadEnrollment(dependencies, organization, enrollmentId);
    const isPending = current.pendingLock === id;
    // The last write may be done as late as now; once this one is, never.
    const stands = isPending ? await withdraw(dependencies, current, id) : current;
    if (stands.key?.lockedKeyId === id) return stands;
    // Whoever took over may have discarded the record already: that is why it failed, whatever it looked like.
    if (!isPending) told = new StateError('version-conflict', { cause: failure });
    else told = standsNot(failure);
    await dependencies.documents.discard({ kind: 'locked-key', organization, id });
  } catch {
    // The failure that led here is the one to tell; the enrollment names the record for whoever comes next.
  }
  throw told;
}

/**
 * Once the enrollment no longer names the record as pending, it can never count, and may be discarded; unless it counts already.
 * @returns the enrollment as it stands
 */
async function withdraw(dependencies: Needs, enrollment: Enrollment, id: string): Promise<Enrollment> {
  return await updateEnrollment(dependencies, enrollment, transitions.changePassword, (current) =>
    current.pendingLock === id ? { pendingLock: undefined } : {},
  );
}
