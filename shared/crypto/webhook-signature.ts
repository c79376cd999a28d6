import { createHmac } from 'node:crypto';
import { Secret } from '#domain/secret.ts';
import type { Mac } from './password-key.ts';

/**
 * Separates these messages from every other use of the provider's MAC key: each use begins its messages with a label of its
 * own that ends in NUL, so no message of one is ever a message of another.
 */
const macLabel = 'enrollment-key-escrow/v1/webhook-signing-secret\0';

/** Which signing secret: none is stored, so this is all there is to know of one. */
export interface WebhookSecretName {
  organization: string;
  webhookId: string;
  /** When it was registered: registered anew after it was removed, by the same id, it has another secret. */
  createdAt: string;
  generation: number;
}

/**
 * Derives the signing secret of a webhook: the provider's MAC over its name. The same name always has the same secret, and
 * whoever holds every store, but not the MAC key, cannot derive it.
 * @returns 32 bytes, to be erased by the caller. Errors of the MAC pass unchanged.
 */
export async function webhookSecret(name: WebhookSecretName, mac: Mac): Promise<Secret> {
  const { organization, webhookId, createdAt, generation } = name;
  const message = `${macLabel}${JSON.stringify([organization, webhookId, createdAt, generation])}`;
  return new Secret(await mac(new TextEncoder().encode(message)));
}

/** The secret as the receiver's software takes it (Standard Webhooks 1.0.0, "Signature scheme"): `whsec_` and base64. */
export function writtenSecret(secret: Secret): Secret {
  return Secret.fromText(`whsec_${Buffer.from(secret.bytes()).toString('base64')}`);
}

/** What a delivery carries to be verified by (Standard Webhooks 1.0.0, "Webhook metadata"). */
export interface WebhookHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * Signs a delivery: HMAC-SHA256 over `id.timestamp.body` under each secret, so that a receiver may know the one or the
 * other while they change.
 * @param delivery.id names the message; without a full stop, which parts what is signed
 * @param delivery.body the exact text that is sent
 */
export function webhookHeaders(
  delivery: { id: string; time: Date; body: string },
  secrets: readonly Secret[],
): WebhookHeaders {
  const timestamp = String(Math.floor(delivery.time.getTime() / 1000));
  const signed = `${delivery.id}.${timestamp}.${delivery.body}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret.bytes()).update(signed).digest('base64')}`,
  );
  return {
    'webhook-id': delivery.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
