import { type DomainEventName, domainEventNames } from '#domain/events.ts';
import type { Purpose } from '#domain/purpose.ts';

/**
 * Every event that travels: the one that comes from outside, those that aggregates bear, and those that set to work and tell
 * nobody anything new: that a key still waits to be made, the order to send one event to one webhook, and that a page of
 * stored backups, or the canaries, are to be checked, or that a policy goes on to a further page of enrollments.
 */
export type EventName =
  | DomainEventName
  | 'EnrollmentRequested'
  | 'KeyPairAwaited'
  | 'WebhookDeliveryRequested'
  | 'BackupCheckDue'
  | 'PolicyApplicationDue'
  | 'CanaryCheckDue';

/** The events that a consumer takes: of these types and, where a purpose stands, of those only what names it in its data. */
export interface Subscription<Type extends string = string> {
  types: readonly Type[];
  purpose?: Purpose;
}

const keyPairDue = ['EnrollmentAccepted', 'KeyPairAwaited'] as const;

/**
 * Which use case is set to work by which events. Read by the one-machine dispatcher and by the AWS app alike. Key pairs are
 * made by a consumer a purpose: what makes identity keys needs no access to backups, and has none.
 */
export const subscriptions = {
  'request-enrollment': { types: ['EnrollmentRequested'] },
  'make-identity-key-pair': { types: keyPairDue, purpose: 'identity' },
  'make-encryption-key-pair': { types: keyPairDue, purpose: 'encryption' },
  'notify-subscriber': {
    types: [
      'SubscriberSignInAwaited',
      'EnrollmentKeyPairCreated',
      'EnrollmentRefused',
      'EnrollmentLocked',
      'EnrollmentBlocked',
      'EnrollmentUnlocked',
      'EnrollmentPasswordChanged',
      'EnrollmentDestroyed',
      'EscrowBecameDue',
      'DueEscrowMade',
    ],
  },
  'discard-superseded': { types: ['EnrollmentPasswordChanged', 'EnrollmentDestroyed'] },
  'fan-out-webhooks': { types: domainEventNames },
  'deliver-webhook': { types: ['WebhookDeliveryRequested'] },
  'check-backups': { types: ['BackupCheckDue'] },
  'check-canaries': { types: ['CanaryCheckDue'] },
  'apply-policy': { types: ['PolicyPublished', 'PolicyApplicationDue'] },
} as const satisfies Record<string, Subscription<EventName>>;

export type Consumer = keyof typeof subscriptions;

/** Whether a consumer takes an event: by its type and, where the consumer is for one purpose, by the purpose that it names. */
export function isTaken(
  { types, purpose }: Subscription,
  { type, data }: { type: string; data: unknown },
): boolean {
  return types.includes(type) && (purpose === undefined || purposeIn(data) === purpose);
}

function purposeIn(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'purpose' in data ? data.purpose : undefined;
}

/** How often, and after which pauses, a consumer's message is tried again after a failure that may pass. */
export interface RetryPolicy {
  /** The pause after each failed try, in seconds. The try after the last pause is the last: then it is a dead letter. */
  pauses: readonly number[];
  /** `half`: anything from half the pause to the whole; `slight`: the pause and up to a tenth more. */
  jitter: 'half' | 'slight';
  /** The longest pause that the other side may ask for, in seconds; 0 where nobody is asked. */
  longestAsked: number;
}

/**
 * Closely at first, for a throttled call; then over 40 to 80 minutes, for a service that is away: most outages are over by then. No pause
 * may be next to nothing, or some messages would use up their tries in a few minutes.
 */
const usual: RetryPolicy = { pauses: [1, 2, 4, 8, 60, 300, 900, 3_600], jitter: 'half', longestAsked: 0 };

/** The pauses that Standard Webhooks suggests, and no longer one than a queue of SQS can hide a message for. */
const overADay: RetryPolicy = {
  pauses: [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000],
  jitter: 'slight',
  longestAsked: 43_200,
};

/** How each consumer is tried again. */
export const retries: Readonly<Record<Consumer, RetryPolicy>> = {
  'request-enrollment': usual,
  'make-identity-key-pair': usual,
  'make-encryption-key-pair': usual,
  'notify-subscriber': usual,
  'discard-superseded': usual,
  'fan-out-webhooks': usual,
  'deliver-webhook': overADay,
  'check-backups': usual,
  'check-canaries': usual,
  'apply-policy': usual,
};
