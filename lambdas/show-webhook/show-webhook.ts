import { administering } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import type { Webhook } from '#domain/webhook.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { webhookOf } from '#steps/webhooks.ts';

/**
 * One webhook of an administrator's organization; its secret is not told.
 * @throws AccessError `not-permitted`, `not-found`; SetUpError `not-set-up`; StoreError `store-unavailable`
 */
export async function showWebhook(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { webhookId, requestId }: { webhookId: string; requestId: string },
): Promise<Webhook> {
  return await recordedIfRefused(dependencies, actOf('show-webhook', principal, { requestId }), async () => {
    requireRole(principal, administering);
    return webhookOf(await loadOrganization(dependencies, principal.organization), webhookId);
  });
}
