import { type Enrollment, requireState } from '#domain/enrollment.ts';
import { InputError, LockError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Secret } from '#domain/secret.ts';
import type { RecordNow } from '#ports/ledger.ts';
import { checkNewPassword } from '#steps/check-new-password.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { discardSuperseded } from '#steps/discard-superseded.ts';
import { escrowIfDue } from '#steps/escrow-if-due.ts';
import { loadOwnEnrollment } from '#steps/load.ts';
import { type Opening, withOpenLock } from '#steps/open-lock.ts';
import { confirmPasswordSet, passwordSettingId } from '#steps/password-setting.ts';
import { actOf, recorded } from '#steps/record.ts';
import { type Relocking, relockKey } from '#steps/relock-key.ts';

type Needs = Pick<
  Dependencies,
  'registry' | 'documents' | 'policy' | 'keys' | 'dueEscrow' | 'ledger' | 'clock'
>;

export interface PasswordChange {
  enrollmentId: string;
  currentPassword: Secret;
  newPassword: Secret;
  /** The same request again, once the password is changed, asks only whether the new one opens the key. */
  idempotencyKey?: string;
  requestId: string;
}

/**
 * Changes the password of the own enrollment: opens its lock by the current one, and locks the same key anew, recorded just before that counts. The old locked
 * record is discarded at once, or by the event of the change if that fails here: it would still open under the old password. Where an
 * escrow became due since the key was made, that is made first.
 * @returns the enrollment
 * @throws AccessError `not-found`, `not-permitted` if policy lets the subscriber set no password; StateError `wrong-state`, `making-in-progress`, `version-conflict`; InputError
 *   `password-not-ascii`, `password-too-weak`, `invalid-input` if the new one is the current one; LockError `wrong-password`,
 *   `wrong-unlocking` for a key without a password, `enrollment-locked`, `enrollment-blocked`; ProofError `proof-failed`;
 *   ProviderError `provider-misconfigured`; what `escrowIfDue` and the ports throw
 */
export async function changePassword(
  dependencies: Needs,
  principal: Principal,
  change: PasswordChange,
): Promise<Enrollment> {
  const act = actOf('change-password', principal, change);
  return await recorded(dependencies, act, async (recordNow, refuseNow) => {
    const opening = { ...dependencies, refuseNow };
    const asFound = await loadOwnEnrollment(dependencies, principal, change.enrollmentId);
    checkLock(asFound);
    const setBy = passwordSettingId('change-password', asFound, change.idempotencyKey);
    const isDone = setBy !== undefined && asFound.passwordSetBy === setBy;
    const { requestId } = change;
    const unlocking = { password: isDone ? change.newPassword : change.currentPassword };
    const enrollment = await escrowIfDue(dependencies, principal, asFound, { unlocking, requestId });
    const changed = isDone
      ? await confirmPasswordSet(opening, principal, enrollment, change.newPassword)
      : await changeOf(opening, principal, enrollment, { ...change, passwordSetBy: setBy, recordNow });
    // The password is changed; what is left over now, the event of the change sees to.
    return await discardSuperseded(dependencies, changed).catch(() => changed);
  });
}

function checkLock(enrollment: Enrollment): void {
  requireState(enrollment, ['ready'], 'change its password');
  if (enrollment.lock !== 'password')
    throw new LockError('wrong-unlocking', { why: 'This key has no password.' });
}

/** A change, the request that makes it, and what records it. */
type Setting = PasswordChange & Pick<Relocking, 'passwordSetBy'> & { recordNow: RecordNow };

async function changeOf(
  dependencies: Needs & Opening,
  principal: Principal,
  enrollment: Enrollment,
  { currentPassword, newPassword, recordNow, ...setting }: Setting,
): Promise<Enrollment> {
  const policy = await checkNewPassword(dependencies, principal, enrollment, newPassword, 'newPassword');
  checkDifferent(currentPassword, newPassword);
  const unlocking = { password: currentPassword };
  const recordChange = () => recordNow({ policy });
  const relock = (wrapped: Uint8Array) =>
    relockKey(dependencies, {
      ...{ enrollment, wrapped, password: newPassword, recordNow: recordChange },
      ...setting,
    });
  return await withOpenLock(dependencies, principal, enrollment, unlocking, relock);
}

function checkDifferent(currentPassword: Secret, newPassword: Secret): void {
  if (Buffer.compare(currentPassword.bytes(), newPassword.bytes()) !== 0) return;
  throw new InputError('invalid-input', {
    field: 'newPassword',
    why: 'is the current one',
    next: 'Choose another, or leave it as it is.',
  });
}
