import { following } from '#contract/api/roles.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/**
 * Shows how the principal's organization is set up.
 * @throws AccessError `not-permitted`; SetUpError `not-set-up`; StoreError `store-unavailable`
 */
export async function showOrganization(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { requestId }: { requestId: string },
): Promise<Organization> {
  const act = actOf('show-organization', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, following);
    return await loadOrganization(dependencies, principal.organization);
  });
}
