import { administering } from '#contract/api/roles.ts';
import { derivedId } from '#crypto/identifiers.ts';
import { InputError } from '#domain/errors.ts';
import { type DomainEventName, domainEventNames, isDomainEventName } from '#domain/events.ts';
import type { Organization } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import { mostWebhooks, type Webhook } from '#domain/webhook.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { whatStands } from '#steps/may-stand.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';
import { tellSecret, type WebhookAndSecret, webhookOf } from '#steps/webhooks.ts';

export interface WebhookRegistration {
  url: string;
  /** The events to send; absent for all, those of later versions among them. */
  types?: readonly string[];
  /** The same key with the same content is the same webhook, whose secret is told again. */
  idempotencyKey: string;
  requestId: string;
}

/**
 * Registers a webhook in the organization of an administrator; it is recorded before it counts.
 * @returns the webhook as it stands, and the secret that it signs with, which is told here and at rotations only
 * @throws AccessError `not-permitted`; InputError `invalid-input` of `url`, of `types`, or where there are too many
 *   webhooks; InputError `idempotency-mismatch`; SetUpError `not-set-up`; what the ports throw
 */
export async function registerWebhook(
  dependencies: Pick<Dependencies, 'registry' | 'keys' | 'webhooks' | 'ledger' | 'clock'>,
  principal: Principal,
  { url, types, idempotencyKey, requestId }: WebhookRegistration,
): Promise<WebhookAndSecret> {
  const { organization } = principal;
  const id = derivedId('whk', organization, idempotencyKey);
  const act = actOf('register-webhook', principal, { requestId });
  const work = async (recordNow: RecordNow) => {
    requireRole(principal, administering);
    const webhook: Webhook = {
      id,
      url: dependencies.webhooks.checkTarget(url),
      ...(types !== undefined && { types: knownTypes(types) }),
      enabled: true,
      createdAt: dependencies.clock.now().toISOString(),
      secretGeneration: 1,
    };
    const change = ({ webhooks = [] }: Organization) => {
      const existing = webhooks.find((each) => each.id === id);
      if (existing === undefined) return { webhooks: withRoom(webhooks, webhook) };
      if (!isSame(existing, webhook)) throw new InputError('idempotency-mismatch');
      return undefined;
    };
    const now = () => recordNow({ about: [id] });
    const updated = await updateOrganization(dependencies, organization, change, now);
    return await whatStands(() => tellSecret(dependencies, organization, webhookOf(updated, id)));
  };
  return await recorded(dependencies, act, work, () => ({ about: [id] }));
}

/** In one order and each once, so that the same wish is the same list. */
function knownTypes(types: readonly string[]): readonly DomainEventName[] {
  if (types.length > 0 && types.every(isDomainEventName)) {
    return domainEventNames.filter((name) => types.includes(name));
  }
  throw new InputError('invalid-input', {
    field: 'types',
    why: types.length === 0 ? 'is empty' : 'names an event that is not sent',
    next: `Leave it out for all events, or choose of ${domainEventNames.join(', ')}.`,
  });
}

function withRoom(webhooks: readonly Webhook[], added: Webhook): readonly Webhook[] {
  if (webhooks.length < mostWebhooks) return [...webhooks, added];
  throw new InputError('invalid-input', {
    field: 'webhooks',
    why: `are ${mostWebhooks} already, and may not be more`,
    next: 'Remove one that is not needed.',
  });
}

function isSame(one: Webhook, other: Webhook): boolean {
  return one.url === other.url && one.types?.join() === other.types?.join();
}
