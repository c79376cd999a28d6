import { type Enrollment, type EnrollmentChange, requireState, transitions } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadEnrollment } from '#steps/load.ts';
import { isLocked } from '#steps/open-lock.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateEnrollment } from '#steps/update-enrollment.ts';

/**
 * Lifts the lock that wrong passwords put on a subscriber's enrollment, for good: its tries are counted from zero again, and
 * the subscriber is told; it is recorded before it counts. It opens nothing. One that is not locked is left as it is. No official does this for an own one:
 * that would be guessing without end.
 * @returns the enrollment
 * @throws AccessError `not-permitted`, `not-found`; StateError `wrong-state`, `making-in-progress`, `version-conflict`; StoreError
 *   `store-unavailable`
 */
export async function unlockEnrollment(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { enrollmentId, requestId }: { enrollmentId: string; requestId: string },
): Promise<Enrollment> {
  const act = actOf('unlock-enrollment', principal, { requestId, enrollmentId });
  return await recorded(dependencies, act, async (recordNow) => {
    requireRole(principal, ['recovery-official']);
    const enrollment = await loadEnrollment(dependencies, principal.organization, enrollmentId);
    if (enrollment.subscriber.id === principal.subject) {
      throw new AccessError('not-permitted', { why: 'Nobody unlocks an own enrollment.' });
    }
    requireState(enrollment, ['ready'], 'unlock it');
    if (!isLocked(enrollment.tries)) return enrollment;
    const unlocked = ({ id }: Enrollment): EnrollmentChange => ({
      tries: { inARow: 0, inLife: 0 },
      events: [{ name: 'EnrollmentUnlocked', data: { enrollmentId: id } }],
    });
    return await updateEnrollment(dependencies, enrollment, transitions.unlock, unlocked, recordNow);
  });
}
