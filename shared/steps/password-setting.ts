import { derivedId } from '#crypto/identifiers.ts';
import { type Enrollment, transitions } from '#domain/enrollment.ts';
import type { Secret } from '#domain/secret.ts';
import type { Dependencies } from './dependencies.ts';
import { type Opening, openOwnLock, rightTry, type SignedIn } from './open-lock.ts';
import { updateEnrollment } from './update-enrollment.ts';

/**
 * Names the request that sets or changes a password, so that the same request is known when it comes again. It says nothing
 * of the password.
 * @returns undefined where the request has no idempotency key
 */
export function passwordSettingId(
  act: 'set-password' | 'change-password',
  { organization, id }: Pick<Enrollment, 'organization' | 'id'>,
  idempotencyKey: string | undefined,
): string | undefined {
  return idempotencyKey === undefined ? undefined : derivedId('pws', act, organization, id, idempotencyKey);
}

/**
 * Whether an enrollment's key was made under the password that this very request set.
 * @param setBy as `passwordSettingId` names the request
 */
export function wasSetBy({ state, passwordSetBy }: Enrollment, setBy: string | undefined): boolean {
  return state === 'ready' && setBy !== undefined && passwordSetBy === setBy;
}

/**
 * Answers a request that set the password and comes again: if the password that it brings opens the lock, what it asked for
 * stands. The try is counted, and taken back when right.
 * @returns the enrollment as it stands
 * @throws as `openOwnLock`
 */
export async function confirmPasswordSet(
  dependencies: Opening & Pick<Dependencies, 'documents'>,
  principal: SignedIn,
  enrollment: Enrollment,
  password: Secret,
): Promise<Enrollment> {
  await openOwnLock(dependencies, principal, enrollment, { password });
  return await updateEnrollment(dependencies, enrollment, transitions.recordTry, ({ tries }) => ({
    tries: rightTry(tries),
  }));
}
