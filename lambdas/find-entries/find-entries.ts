import { auditing } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import type { LedgerLine } from '#ports/ledger-log.ts';
import type { Page } from '#ports/registry.ts';
import { pageLimit, placeOf, toCursor } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

const sequence = /^\d{1,15}$/;
const mostAtOnce = 1_000;

type Needs = Pick<Dependencies, 'registry' | 'ledgerLog' | 'ledger'>;

/** Which entries are wanted; all if nothing says. */
export interface EntryList {
  enrollmentId?: string;
  /** Of all enrollments of a subscriber, and of what that person asked. */
  subscriberId?: string;
  /** Of what this one asked. */
  principal?: string;
  /** Only what was refused. */
  refused?: boolean;
  /** 1 to 200; 50 if absent. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string;
  requestId: string;
}

/**
 * Finds entries in the ledger of the principal's organization, oldest first, by pages.
 * @returns a page of their lines, with a cursor where there may be more
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a limit or a cursor that is none; StoreError
 *   `store-unavailable`
 */
export async function findEntries(
  dependencies: Needs,
  principal: Principal,
  list: EntryList,
): Promise<Page<LedgerLine>> {
  const act = actOf('find-entries', principal, { requestId: list.requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const { organization } = principal;
    const { items, cursor } = await dependencies.ledgerLog.find({
      organization,
      ...(await wanted(dependencies, organization, list)),
      ...(list.refused === true && { refused: true }),
      limit: pageLimit(list.limit),
      after: list.cursor === undefined ? 0 : Number(placeOf(list.cursor, sequence)),
    });
    const lines = items.map(({ text }): LedgerLine => JSON.parse(text));
    return { items: lines, ...(cursor !== undefined && { cursor: toCursor(cursor) }) };
  });
}

/** Whose entries: entries name no subscriber, so a subscriber's are those of the enrollments, and of what was asked. */
async function wanted(
  { registry }: Needs,
  organization: string,
  { enrollmentId, subscriberId, principal }: EntryList,
): Promise<{ enrollments?: string[]; principal?: string }> {
  if (enrollmentId !== undefined) return { enrollments: [enrollmentId] };
  if (subscriberId === undefined) return principal === undefined ? {} : { principal };
  const enrollments: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.enrollments({
      ...{ organization, subscriberId, limit: mostAtOnce },
      ...(cursor !== undefined && { cursor }),
    });
    enrollments.push(...page.items.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { enrollments, principal: subscriberId };
}
