import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { PasswordedEnrollment } from '#ports/key-pair-maker.ts';
import { checkNewPassword } from '#steps/check-new-password.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { makeUnderPassword } from '#steps/key-pair-maker.ts';
import { loadEnrollment } from '#steps/load.ts';
import type { KeyPairNeeds } from '#steps/make-key-pair.ts';
import { recorded } from '#steps/record.ts';

/**
 * Makes the key pair of an enrollment whose subscriber has just set its password, for `set-password`, which may not make one
 * itself. That the subscriber signed in, when, and in which groups, is the caller's word, and all that is taken on it: what enrollment it is,
 * whether it waits for a password and whether this one will do is looked up again. So is whether this very request made it
 * before: then the password is tried, and the try is counted.
 * @param only the purpose whose keys are made here
 * @returns the enrollment, `ready`
 * @throws AccessError `not-found`, also for an enrollment of another purpose; InputError `password-not-ascii`,
 *   `password-too-weak`; and as `KeyPairMaker.make`
 */
export async function makeKeyPairWithPassword(
  dependencies: KeyPairNeeds & Pick<Dependencies, 'policy' | 'ledger'>,
  order: PasswordedEnrollment,
  only: Purpose,
): Promise<Enrollment> {
  const { organization, id: enrollmentId } = order.enrollment;
  const { password, requestId } = order;
  const act = { action: 'make-key-pair', organization, principal: 'service', enrollmentId, requestId };
  return await recorded(dependencies, act, async (recordNow, refuseNow) => {
    const enrollment = await loadEnrollment(dependencies, organization, enrollmentId);
    if (enrollment.purpose !== only) throw new AccessError('not-found');
    return await makeUnderPassword(dependencies, enrollment, { ...order, recordNow, refuseNow }, async () => {
      await checkNewPassword(dependencies, subscriberOf(enrollment, order), enrollment, password);
    });
  });
}

/** Who set the password, as the caller says: the enrollment's subscriber, in groups of the organization. */
function subscriberOf(
  { organization, subscriber }: Enrollment,
  { groups }: Pick<PasswordedEnrollment, 'groups'>,
): Principal {
  return { organization, subject: subscriber.id, roles: ['subscriber'], ...(groups && { groups }) };
}
