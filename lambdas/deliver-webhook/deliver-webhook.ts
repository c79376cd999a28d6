import { eventSchemas } from '#contract/events.ts';
import { parse } from '#contract/parse.ts';
import { derivedId } from '#crypto/identifiers.ts';
import { webhookHeaders } from '#crypto/webhook-signature.ts';
import { WebhookError } from '#domain/errors.ts';
import type { Organization, OrganizationChange } from '#domain/organization.ts';
import { signingGenerations, type Webhook } from '#domain/webhook.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { WebhookAnswer } from '#ports/webhook-sender.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { organizationOfEvent } from '#steps/load.ts';
import { recorded } from '#steps/record.ts';
import { updateOrganization } from '#steps/update-organization.ts';
import { signingSecret, withWebhook } from '#steps/webhooks.ts';

const gone = 410;

/**
 * Sends one event to one webhook, signed as Standard Webhooks 1.0.0 are. Only a status of 2xx means that it was taken; 410 disables
 * the webhook. Each try has the same `webhook-id` and body. A delivery moves no key, so unlike what it tells of it is not
 * recorded; that a webhook was disabled is.
 * @throws WebhookError `webhook-failed`, `webhook-redirected`, `webhook-target-refused`; InputError `invalid-input`; what the ports
 *   throw
 */
export async function deliverWebhook(
  dependencies: Pick<Dependencies, 'registry' | 'keys' | 'webhooks' | 'ledger' | 'clock'>,
  order: CloudEvent,
): Promise<void> {
  const { webhookId, event } = parse(eventSchemas.WebhookDeliveryRequested, order.data);
  const owner = await organizationOfEvent(dependencies, order);
  const webhook = owner?.webhooks?.find(({ id }) => id === webhookId);
  // Removed or disabled since.
  if (owner === undefined || webhook?.enabled !== true) return;
  const body = JSON.stringify(event);
  const signed = await signedHeaders(dependencies, owner.organization, webhook, order, body);
  const headers = { ...signed, 'content-type': 'application/cloudevents+json; charset=utf-8' };
  const answer = await dependencies.webhooks.send({ url: webhook.url, headers, body });
  if (answer.status === gone) await disable(dependencies, owner.organization, webhook, order);
  else checkTaken(answer);
}

async function signedHeaders(
  dependencies: Pick<Dependencies, 'keys' | 'clock'>,
  organization: string,
  webhook: Webhook,
  { source, id }: CloudEvent,
  body: string,
) {
  const time = dependencies.clock.now();
  const secrets = await Promise.all(
    signingGenerations(webhook, time).map((generation) =>
      signingSecret(dependencies, organization, webhook, generation),
    ),
  );
  try {
    return webhookHeaders({ id: derivedId('msg', source, id), time, body }, secrets);
  } finally {
    for (const secret of secrets) secret.erase();
  }
}

function checkTaken({ status, retryAfterSeconds }: WebhookAnswer): void {
  if (status >= 200 && status < 300) return;
  const asked = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  if (status >= 300 && status < 400) throw new WebhookError('webhook-redirected', asked);
  throw new WebhookError('webhook-failed', { why: `The target answered ${status}.`, ...asked });
}

async function disable(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  organization: string,
  { id: webhookId }: Webhook,
  order: CloudEvent,
): Promise<void> {
  const act = { action: 'disable-webhook', organization, principal: 'service', requestId: order.id };
  const change = (current: Organization): OrganizationChange | undefined => {
    const webhook = current.webhooks?.find(({ id, enabled }) => id === webhookId && enabled);
    if (webhook === undefined) return undefined;
    return {
      webhooks: withWebhook(current, { ...webhook, enabled: false }),
      events: [{ name: 'WebhookDisabled', data: { webhookId } }],
    };
  };
  const about = () => ({ about: [webhookId] });
  const work = (recordNow: RecordNow) =>
    updateOrganization(dependencies, organization, change, () => recordNow(about()));
  await recorded(dependencies, act, work, about);
}
