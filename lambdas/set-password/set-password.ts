import { checkPassword } from '#crypto/passwords.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Secret } from '#domain/secret.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOwnEnrollment } from '#steps/load.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { recorded } from '#steps/record.ts';

/**
 * The subscriber's first sign-in: sets the password of the own enrollment and makes its key pair under it.
 * @returns the enrollment, `ready`
 * @throws AccessError `not-found`; InputError `password-not-ascii`, `password-too-weak`; StateError `wrong-state`,
 *   `making-in-progress`; what `makeKeyPair` throws
 */
export async function setPassword(
  dependencies: Pick<
    Dependencies,
    'registry' | 'documents' | 'vault' | 'policy' | 'keys' | 'ledger' | 'clock' | 'build'
  >,
  principal: Principal,
  { enrollmentId, password, requestId }: { enrollmentId: string; password: Secret; requestId: string },
): Promise<Enrollment> {
  const { organization, subject } = principal;
  const entry = { action: 'set-password', organization, principal: subject, enrollmentId, requestId };
  return await recorded(dependencies, entry, async () => {
    const enrollment = await loadOwnEnrollment(dependencies, principal, enrollmentId);
    if (enrollment.state === 'making') throw new StateError('making-in-progress');
    if (enrollment.state !== 'awaiting-subscriber') throw new StateError('wrong-state');
    checkPassword(password, await dependencies.policy.passwordRules(organization));
    return await makeKeyPair(dependencies, enrollment, password);
  });
}
