import { auditing } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import { pageLimit } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

export interface LineList {
  /** Lines after this sequence; those that are not sealed if absent. */
  after?: number;
  /** 1 to 200; 50 if absent. */
  limit?: number;
  requestId: string;
}

/** Lines of a ledger, each the exact text that is hashed. */
export interface ListedLines {
  /** The sequence that they come after. */
  after: number;
  lines: string[];
  /** Whether there are more after them. */
  more: boolean;
}

/**
 * Lines of the ledger of the principal's organization, in their order.
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a limit that is none; StoreError `store-unavailable`
 */
export async function readLines(
  dependencies: Pick<Dependencies, 'registry' | 'ledgerLog' | 'ledger'>,
  principal: Principal,
  { after: asked, limit: wanted, requestId }: LineList,
): Promise<ListedLines> {
  const { organization } = principal;
  const act = actOf('read-lines', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const limit = pageLimit(wanted);
    const sealed = asked ?? (await dependencies.registry.read('ledger', organization, 'ledger'))?.treeSize;
    const after = sealed ?? 0;
    const found = await dependencies.ledgerLog.lines(organization, after, limit + 1);
    const lines = found.slice(0, limit).map(({ text }) => text);
    return { after, lines, more: found.length > limit };
  });
}
