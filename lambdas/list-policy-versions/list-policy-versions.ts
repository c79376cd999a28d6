import { auditing } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import type { Page } from '#ports/registry.ts';
import { pageLimit, placeOf, toCursor } from '#steps/cursor.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { type PastVersion, policyHistory } from '#steps/policy-history.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

export interface PolicyVersionList {
  /** 1 to 200; 50 if absent. */
  limit?: number;
  /** Where the page before ended. */
  cursor?: string;
  requestId: string;
}

/** As versions are called; those of settings had names that somebody chose. */
const versionName = /^[^\p{Cc}]{1,64}$/u;

/**
 * Lists the versions of the policy of the principal's organization, the present one first. Each page walks from there, so that
 * nothing is told that was never published.
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a limit or a cursor that is none; SetUpError `not-set-up`;
 *   StoreError `object-damaged`, `store-unavailable`
 */
export async function listPolicyVersions(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  principal: Principal,
  { requestId, limit, cursor }: PolicyVersionList,
): Promise<Page<PastVersion>> {
  const act = actOf('list-policy-versions', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const size = pageLimit(limit);
    const after = cursor === undefined ? undefined : placeOf(cursor, versionName);
    const organization = await loadOrganization(dependencies, principal.organization);
    return await pageAfter(policyHistory(dependencies, organization), after, size);
  });
}

async function pageAfter(
  history: AsyncIterable<PastVersion>,
  after: string | undefined,
  size: number,
): Promise<Page<PastVersion>> {
  const items: PastVersion[] = [];
  let begun = after === undefined;
  for await (const past of history) {
    const last = items.at(-1);
    if (items.length === size && last !== undefined) return { items, cursor: toCursor(last.version) };
    if (begun) items.push(past);
    begun ||= past.version === after;
  }
  return { items };
}
