import { looking } from '#contract/api/roles.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal, Role } from '#domain/principal.ts';
import type { Dependencies } from './dependencies.ts';
import { loadEnrollment } from './load.ts';

/** Whoever may look at every enrollment of the organization. */
const seeingAll: readonly Role[] = looking.filter((role) => role !== 'subscriber');

/**
 * What a principal may see of an organization's enrollments.
 * @returns `all`, or the subscriber whose own ones they are
 * @throws AccessError `not-permitted` for a role that sees none
 */
export function visibleTo({ roles, subject }: Principal): 'all' | { subscriberId: string } {
  if (roles.some((role) => seeingAll.includes(role))) return 'all';
  if (roles.includes('subscriber')) return { subscriberId: subject };
  throw new AccessError('not-permitted');
}

/**
 * The enrollment, if the principal may see it: a subscriber the own one, the organization's other roles each. Another
 * subscriber's, or another organization's, looks like none.
 * @throws AccessError `not-permitted` for a role that sees none, `not-found`; StoreError `store-unavailable`
 */
export async function loadVisibleEnrollment(
  dependencies: Pick<Dependencies, 'registry'>,
  principal: Principal,
  enrollmentId: string,
): Promise<Enrollment> {
  const visible = visibleTo(principal);
  const enrollment = await loadEnrollment(dependencies, principal.organization, enrollmentId);
  if (visible === 'all' || visible.subscriberId === enrollment.subscriber.id) return enrollment;
  throw new AccessError('not-found');
}
