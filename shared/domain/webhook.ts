import type { DomainEventName } from './events.ts';

/** Where an organization has its events sent, signed. Part of the organization's record; never holds the secret. */
export interface Webhook {
  id: string;
  /** As `WebhookSender.checkTarget` normalized it. */
  url: string;
  /** The events that are sent; absent for all. */
  types?: readonly DomainEventName[];
  /** False once the target said that it is gone: nothing is sent any more. */
  enabled: boolean;
  /** ISO 8601 */
  createdAt: string;
  /** Names the signing secret that is derived by custody; 1 for the first. */
  secretGeneration: number;
  /** ISO 8601: until then, the secret of the generation before signs too. */
  previousSecretUntil?: string;
  /** Names the request that rotated the secret last, so that the same request again rotates nothing. */
  rotationId?: string;
}

/** How many webhooks an organization may have. */
export const mostWebhooks = 20;

/** How long the secret before a rotation signs too, so that receivers can change over, in hours. */
export const secretOverlapHours = 24;

/** Whether events of a type are sent there. */
export function takes({ enabled, types }: Webhook, type: DomainEventName): boolean {
  return enabled && (types === undefined || types.includes(type));
}

/** The generations of the secret that a webhook signs with at a moment, the present one first. */
export function signingGenerations(
  { secretGeneration, previousSecretUntil }: Webhook,
  now: Date,
): readonly number[] {
  const overlap = previousSecretUntil !== undefined && Date.parse(previousSecretUntil) > now.getTime();
  return overlap ? [secretGeneration, secretGeneration - 1] : [secretGeneration];
}
