import { type Enrollment, requireState } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import type { Secret } from '#domain/secret.ts';
import { decidedBoth, type RecordNow } from '#ports/ledger.ts';
import { checkNewPassword } from '#steps/check-new-password.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOwnEnrollment } from '#steps/load.ts';
import { whatStands } from '#steps/may-stand.ts';
import { passwordSettingId, wasSetBy } from '#steps/password-setting.ts';
import { actOf, recorded } from '#steps/record.ts';

export interface PasswordSetting {
  enrollmentId: string;
  password: Secret;
  /** The same request again, once its key is made, asks only whether the password opens it. */
  idempotencyKey?: string;
  requestId: string;
}

/** Neither keys nor what is locked by them: whoever takes a password hands it on, and can try none. */
export type PasswordNeeds = Pick<Dependencies, 'registry' | 'policy' | 'keyPairs' | 'ledger'>;

/**
 * The subscriber's first sign-in: sets the password of the own enrollment and has its key pair made under it. The same request
 * that comes again changes nothing, and is answered if its password is the one that was set.
 * @returns the enrollment, `ready`
 * @throws AccessError `not-found`, `not-permitted` if policy lets the subscriber set no password; InputError `password-not-ascii`, `password-too-weak`; StateError `wrong-state`,
 *   `making-in-progress`; what `KeyPairMaker.make` throws; where the request came before, LockError `wrong-password`,
 *   `enrollment-locked`, `enrollment-blocked`
 */
export async function setPassword(
  dependencies: PasswordNeeds,
  principal: Principal,
  { enrollmentId, password, idempotencyKey, requestId }: PasswordSetting,
): Promise<Enrollment> {
  const act = actOf('set-password', principal, { requestId, enrollmentId });
  return await recorded(dependencies, act, async (recordNow, refuseNow) => {
    const enrollment = await loadOwnEnrollment(dependencies, principal, enrollmentId);
    const setBy = passwordSettingId('set-password', enrollment, idempotencyKey);
    const isAgain = wasSetBy(enrollment, setBy);
    const { authTime, groups } = principal;
    const order = { enrollment, password, setBy, authTime, groups, requestId, refuseNow };
    // Nothing is set when it comes again.
    if (isAgain) return await whatStands(() => dependencies.keyPairs.make(order));
    requireState(enrollment, ['awaiting-subscriber'], 'set its first password');
    const decided = await checkNewPassword(dependencies, principal, enrollment, password);
    const recordSetting: RecordNow = ({ policy = decided, ...more } = {}) =>
      recordNow({ ...more, policy: decidedBoth(policy, decided) });
    return await whatStands(() => dependencies.keyPairs.make({ ...order, recordNow: recordSetting }));
  });
}
