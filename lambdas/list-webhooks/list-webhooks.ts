import { administering } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import type { Webhook } from '#domain/webhook.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/**
 * The webhooks of an administrator's organization, in the order of their registration; secrets are not told.
 * @throws AccessError `not-permitted`; SetUpError `not-set-up`; StoreError `store-unavailable`
 */
export async function listWebhooks(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { requestId }: { requestId: string },
): Promise<readonly Webhook[]> {
  return await recordedIfRefused(dependencies, actOf('list-webhooks', principal, { requestId }), async () => {
    requireRole(principal, administering);
    const { webhooks = [] } = await loadOrganization(dependencies, principal.organization);
    return webhooks;
  });
}
