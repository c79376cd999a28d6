import { administering } from '#contract/api/roles.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';
import { webhookOf } from '#steps/webhooks.ts';

/**
 * Removes a webhook from an administrator's organization; what waits to be sent to it is not sent any more. It is recorded before it
 * counts.
 * @throws AccessError `not-permitted`, `not-found`; SetUpError `not-set-up`; StateError `version-conflict`; StoreError
 *   `store-unavailable`
 */
export async function removeWebhook(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { webhookId, requestId }: { webhookId: string; requestId: string },
): Promise<void> {
  await recorded(dependencies, actOf('remove-webhook', principal, { requestId }), async (recordNow) => {
    requireRole(principal, administering);
    const change = (current: Organization) => {
      const removed = webhookOf(current, webhookId);
      return { webhooks: (current.webhooks ?? []).filter((each) => each !== removed) };
    };
    const now = () => recordNow({ about: [webhookId] });
    await updateOrganization(dependencies, principal.organization, change, now);
  });
}
