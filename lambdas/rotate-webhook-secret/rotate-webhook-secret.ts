import { administering } from '#contract/api/roles.ts';
import { derivedId } from '#crypto/identifiers.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import { secretOverlapHours, type Webhook } from '#domain/webhook.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { whatStands } from '#steps/may-stand.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';
import { tellSecret, type WebhookAndSecret, webhookOf, withWebhook } from '#steps/webhooks.ts';

export interface SecretRotation {
  webhookId: string;
  /** The same key again, while no other rotation came between, rotates nothing and tells the same secret. */
  idempotencyKey: string;
  requestId: string;
}

/**
 * Gives a webhook a new signing secret; it is recorded before it counts. For 24 hours the one before signs too; one that is older signs no more.
 * @returns the webhook and its new secret, which is told here only
 * @throws AccessError `not-permitted`, `not-found`; SetUpError `not-set-up`; StateError `version-conflict`; what the ports throw
 */
export async function rotateWebhookSecret(
  dependencies: Pick<Dependencies, 'registry' | 'keys' | 'ledger' | 'clock'>,
  principal: Principal,
  { webhookId, idempotencyKey, requestId }: SecretRotation,
): Promise<WebhookAndSecret> {
  const { organization } = principal;
  const work = async (recordNow: RecordNow) => {
    requireRole(principal, administering);
    const rotationId = derivedId('rot', organization, webhookId, idempotencyKey);
    const until = dependencies.clock.now().getTime() + secretOverlapHours * 3_600_000;
    const change = (current: Organization) => {
      const webhook = webhookOf(current, webhookId);
      if (webhook.rotationId === rotationId) return undefined;
      return { webhooks: withWebhook(current, rotated(webhook, rotationId, new Date(until))) };
    };
    const now = () => recordNow(about());
    const updated = await updateOrganization(dependencies, organization, change, now);
    return await whatStands(() => tellSecret(dependencies, organization, webhookOf(updated, webhookId)));
  };
  const about = () => ({ about: [webhookId] });
  return await recorded(dependencies, actOf('rotate-webhook-secret', principal, { requestId }), work, about);
}

function rotated(webhook: Webhook, rotationId: string, until: Date): Webhook {
  const secretGeneration = webhook.secretGeneration + 1;
  return { ...webhook, secretGeneration, previousSecretUntil: until.toISOString(), rotationId };
}
