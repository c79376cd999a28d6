import { webhookSecret, writtenSecret } from '#crypto/webhook-signature.ts';
import { AccessError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { Secret } from '#domain/secret.ts';
import type { Webhook } from '#domain/webhook.ts';
import type { Dependencies } from './dependencies.ts';

/** A webhook and its signing secret, as the receiver's software takes it: `whsec_` and base64, to be told once. */
export interface WebhookAndSecret {
  webhook: Webhook;
  secret: Secret;
}

/** @throws AccessError `not-found` */
export function webhookOf({ webhooks = [] }: Organization, webhookId: string): Webhook {
  const found = webhooks.find(({ id }) => id === webhookId);
  if (found === undefined) throw new AccessError('not-found');
  return found;
}

/** The organization's webhooks with one of them replaced. */
export function withWebhook({ webhooks = [] }: Organization, changed: Webhook): readonly Webhook[] {
  return webhooks.map((each) => (each.id === changed.id ? changed : each));
}

/** One generation of a webhook's signing secret, 32 bytes, to be erased by the caller. Throws as `KeyProvider.mac` does. */
export async function signingSecret(
  { keys }: Pick<Dependencies, 'keys'>,
  organization: string,
  { id: webhookId, createdAt }: Webhook,
  generation: number,
): Promise<Secret> {
  const name = { organization, webhookId, createdAt, generation };
  return await webhookSecret(name, (message) => keys.mac(message));
}

/** A webhook with the secret that it signs with now. Throws as `KeyProvider.mac` does. */
export async function tellSecret(
  dependencies: Pick<Dependencies, 'keys'>,
  organization: string,
  webhook: Webhook,
): Promise<WebhookAndSecret> {
  const secret = await signingSecret(dependencies, organization, webhook, webhook.secretGeneration);
  try {
    return { webhook, secret: writtenSecret(secret) };
  } finally {
    secret.erase();
  }
}
