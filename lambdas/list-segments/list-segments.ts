import { auditing } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import type { Page } from '#ports/registry.ts';
import { pageLimit, placeOf, toCursor } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

const numbered = /^\d{1,15}$/;

export interface SegmentList {
  /** 1 to 200; 50 if absent. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string;
  requestId: string;
}

/**
 * Lists the segments of the ledger of the principal's organization by their numbers, oldest first, by pages.
 * @returns a page, with a cursor where there may be more
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a limit or a cursor that is none; StoreError
 *   `store-unavailable`
 */
export async function listSegments(
  dependencies: Pick<Dependencies, 'segments' | 'ledger'>,
  principal: Principal,
  { limit: asked, cursor, requestId }: SegmentList,
): Promise<Page<number>> {
  const act = actOf('list-segments', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const limit = pageLimit(asked);
    const after = cursor === undefined ? 0 : Number(placeOf(cursor, numbered));
    const found = await dependencies.segments.list(principal.organization, after, limit + 1);
    const items = found.slice(0, limit);
    const more = found.length > limit;
    return { items, ...(more && { cursor: toCursor(String(items.at(-1))) }) };
  });
}
