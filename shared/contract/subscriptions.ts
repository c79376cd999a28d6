import type { DomainEventName } from '#domain/events.ts';

/** Every event that travels: the one that comes from outside, and those that aggregates bear. */
export type EventName = DomainEventName | 'EnrollmentRequested';

/** Which use case is set to work by which events. Read by the one-machine dispatcher and by the AWS app alike. */
export const subscriptions = {
  'request-enrollment': ['EnrollmentRequested'],
  'make-key-pair': ['EnrollmentAccepted'],
  'notify-subscriber': [
    'SubscriberSignInAwaited',
    'EnrollmentKeyPairCreated',
    'EnrollmentRefused',
    'EnrollmentLocked',
    'EnrollmentBlocked',
  ],
} as const satisfies Record<string, readonly EventName[]>;

export type Consumer = keyof typeof subscriptions;
