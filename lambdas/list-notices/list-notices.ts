import { watching } from '#contract/api/roles.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal, Role } from '#domain/principal.ts';
import type { KeptNotice, NoticeQuery } from '#ports/notices.ts';
import type { Page } from '#ports/registry.ts';
import { pageLimit, placeOf, toCursor } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';

const position = /^\d{1,15}$/;
const seeingAll: readonly Role[] = watching;

export interface NoticeList {
  /** Of one subscriber. A subscriber sees the own ones only, and none of another's. */
  subscriberId?: string;
  /** 1 to 200; 50 if absent. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string;
  requestId: string;
}

/**
 * Lists what subscribers were told, newest first, by pages: to a subscriber the own notices, to whoever watches over the
 * organization each one's.
 * @returns a page, with a cursor where there may be more
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a limit or a cursor that is none; StoreError
 *   `store-unavailable`
 */
export async function listNotices(
  dependencies: Pick<Dependencies, 'notices' | 'ledger'>,
  principal: Principal,
  { requestId, ...list }: NoticeList,
): Promise<Page<KeptNotice>> {
  const act = actOf('list-notices', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    // What others were told looks like nothing.
    const isOfOther = list.subscriberId !== undefined && list.subscriberId !== principal.subject;
    if (readerOf(principal) === 'own' && isOfOther) return { items: [] };
    const { items, cursor } = await dependencies.notices.list(queryOf(principal, list));
    return { items, ...(cursor !== undefined && { cursor: toCursor(cursor) }) };
  });
}

function queryOf(
  principal: Principal,
  { subscriberId, limit, cursor }: Omit<NoticeList, 'requestId'>,
): NoticeQuery {
  const told = readerOf(principal) === 'all' ? subscriberId : principal.subject;
  return {
    organization: principal.organization,
    limit: pageLimit(limit),
    ...(told !== undefined && { subscriberId: told }),
    ...(cursor !== undefined && { cursor: placeOf(cursor, position) }),
  };
}

function readerOf({ roles }: Principal): 'all' | 'own' {
  if (roles.some((role) => seeingAll.includes(role))) return 'all';
  if (roles.includes('subscriber')) return 'own';
  throw new AccessError('not-permitted');
}
