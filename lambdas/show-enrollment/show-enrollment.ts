import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadVisibleEnrollment } from '#steps/load-visible.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';

/**
 * Shows one enrollment to whoever may see it.
 * @throws AccessError `not-permitted`, `not-found`; StoreError `store-unavailable`
 */
export async function showEnrollment(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { enrollmentId, requestId }: { enrollmentId: string; requestId: string },
): Promise<Enrollment> {
  const act = actOf('show-enrollment', principal, { requestId, enrollmentId });
  return await recordedIfRefused(dependencies, act, () =>
    loadVisibleEnrollment(dependencies, principal, enrollmentId),
  );
}
