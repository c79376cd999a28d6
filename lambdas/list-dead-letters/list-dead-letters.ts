import { enrollmentNamedBy } from '#contract/events.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { Principal } from '#domain/principal.ts';
import type { DeadLetter } from '#ports/messages.ts';
import type { Page } from '#ports/registry.ts';
import { pageLimit, placeOf, toCursor } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

const position = /^\d{1,15}$/;

/** A dead letter as it is listed: what was given up and why, and nothing of what it carried but the enrollment's id. */
export interface ListedDeadLetter {
  id: string;
  consumer: string;
  eventType: string;
  eventId: string;
  enrollmentId?: string;
  code: ErrorCode;
  /** ISO 8601 */
  since: string;
}

export interface DeadLetterList {
  /** 1 to 200; 50 if absent. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string;
  requestId: string;
}

/**
 * Lists the events of the principal's organization that were given up, oldest first, by pages.
 * @returns a page, with a cursor where there may be more
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a limit or a cursor that is none; StoreError
 *   `store-unavailable`
 */
export async function listDeadLetters(
  dependencies: Pick<Dependencies, 'queues' | 'ledger'>,
  principal: Principal,
  { limit, cursor, requestId }: DeadLetterList,
): Promise<Page<ListedDeadLetter>> {
  const act = actOf('list-dead-letters', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, ['administrator', 'auditor']);
    const page = await dependencies.queues.deadLettersOf(
      principal.organization,
      pageLimit(limit),
      cursor === undefined ? undefined : placeOf(cursor, position),
    );
    const items = page.items.map(listed);
    return { items, ...(page.cursor !== undefined && { cursor: toCursor(page.cursor) }) };
  });
}

function listed({ id, consumer, event, code, since }: DeadLetter): ListedDeadLetter {
  const { type: eventType, id: eventId } = event;
  return { id, consumer, eventType, eventId, ...enrollmentNamedBy(event.data), code, since };
}
