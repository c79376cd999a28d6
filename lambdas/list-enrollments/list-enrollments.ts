import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import type { EnrollmentQuery, Page } from '#ports/registry.ts';
import { pageLimit, placeOf, toCursor } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { visibleTo } from '#steps/load-visible.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';

/** The list goes by ids; `enrollmentIdFrom` makes them. */
const enrollmentId = /^enr_[a-z2-7]{26}$/;

export interface EnrollmentList extends Partial<Pick<EnrollmentQuery, 'states' | 'purpose'>> {
  /** Of one subscriber. One who may see the own ones only sees none of another's. */
  subscriberId?: string;
  /** Those alone whose escrow is due. The others are passed over as they come: a page may be short, or empty, and still have a cursor. */
  escrowDue?: boolean;
  /** 1 to 200; 50 if absent. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string;
  requestId: string;
}

/**
 * Lists enrollments in the order of their ids, by pages, to whoever may see them.
 * @returns a page, with a cursor where there may be more
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a limit or a cursor that is none; StoreError
 *   `store-unavailable`
 */
export async function listEnrollments(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { requestId, ...list }: EnrollmentList,
): Promise<Page<Enrollment>> {
  const act = actOf('list-enrollments', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    const visible = visibleTo(principal);
    const subscriberId = list.subscriberId ?? (visible === 'all' ? undefined : visible.subscriberId);
    // Another subscriber's look like none.
    if (visible !== 'all' && subscriberId !== visible.subscriberId) return { items: [] };
    const query = queryOf(principal.organization, {
      ...list,
      ...(subscriberId !== undefined && { subscriberId }),
    });
    const { items, cursor } = await dependencies.registry.enrollments(query);
    const shown = list.escrowDue === true ? items.filter(({ escrowDue }) => escrowDue !== undefined) : items;
    return { items: shown, ...(cursor !== undefined && { cursor: toCursor(cursor) }) };
  });
}

function queryOf(organization: string, list: Omit<EnrollmentList, 'requestId'>): EnrollmentQuery {
  const { subscriberId, states, purpose, escrowDue, cursor } = list;
  return {
    organization,
    limit: pageLimit(list.limit),
    ...(subscriberId !== undefined && { subscriberId }),
    ...(states !== undefined && { states }),
    // Only a key that is made can be without the escrow that it should have.
    ...(escrowDue === true && states === undefined && { states: ['ready'] as const }),
    ...(purpose !== undefined && { purpose }),
    ...(cursor !== undefined && { cursor: placeOf(cursor, enrollmentId) }),
  };
}
