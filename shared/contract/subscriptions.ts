import { type DomainEventName, domainEventNames } from '#domain/events.ts';

/**
 * Every event that travels: the one that comes from outside, those that aggregates bear, and two that set to work and tell
 * nobody anything new: that a key still waits to be made, and the order to send one event to one webhook.
 */
export type EventName =
  | DomainEventName
  | 'EnrollmentRequested'
  | 'KeyPairAwaited'
  | 'WebhookDeliveryRequested';

/** Which use case is set to work by which events. Read by the one-machine dispatcher and by the AWS app alike. */
export const subscriptions = {
  'request-enrollment': ['EnrollmentRequested'],
  'make-key-pair': ['EnrollmentAccepted', 'KeyPairAwaited'],
  'notify-subscriber': [
    'SubscriberSignInAwaited',
    'EnrollmentKeyPairCreated',
    'EnrollmentRefused',
    'EnrollmentLocked',
    'EnrollmentBlocked',
    'EnrollmentUnlocked',
    'EnrollmentPasswordChanged',
    'EnrollmentDestroyed',
  ],
  'discard-superseded': ['EnrollmentPasswordChanged', 'EnrollmentDestroyed'],
  'fan-out-webhooks': domainEventNames,
  'deliver-webhook': ['WebhookDeliveryRequested'],
} as const satisfies Record<string, readonly EventName[]>;

export type Consumer = keyof typeof subscriptions;

/** How often, and after which pauses, a consumer's message is tried again after a failure that may pass. */
export interface RetryPolicy {
  /** The pause after each failed try, in seconds. The try after the last pause is the last: then it is a dead letter. */
  pauses: readonly number[];
  /** `full`: anything from nothing to the pause; `slight`: the pause and up to a tenth more. */
  jitter: 'full' | 'slight';
  /** The longest pause that the other side may ask for, in seconds; 0 where nobody is asked. */
  longestAsked: number;
}

const usual: RetryPolicy = { pauses: [1, 2, 4, 8], jitter: 'full', longestAsked: 0 };

/** The pauses that Standard Webhooks suggests, and no longer one than a queue of SQS can hide a message for. */
const overADay: RetryPolicy = {
  pauses: [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000],
  jitter: 'slight',
  longestAsked: 43_200,
};

/** How each consumer is tried again. */
export const retries: Readonly<Record<Consumer, RetryPolicy>> = {
  'request-enrollment': usual,
  'make-key-pair': usual,
  'notify-subscriber': usual,
  'discard-superseded': usual,
  'fan-out-webhooks': usual,
  'deliver-webhook': overADay,
};
