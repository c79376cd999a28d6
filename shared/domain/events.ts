import type { ErrorCode } from './error-codes.ts';
import type { PfxProfile } from './pfx-profile.ts';
import type { Purpose } from './purpose.ts';

/**
 * What happened to an aggregate, in the past tense. Data are references: identifiers and codes, never a secret,
 * never a name or an address, never state that a handler should trust instead of reading the record. A purpose says where
 * the event goes, and never changes. A checkpoint travels whole: it is signed, and whoever keeps it needs nothing else.
 */
export type DomainEvent =
  | { name: 'EnrollmentAccepted'; data: { enrollmentId: string; purpose: Purpose } }
  | { name: 'SubscriberSignInAwaited'; data: { enrollmentId: string } }
  | { name: 'EnrollmentRefused'; data: { enrollmentId: string; code: ErrorCode } }
  | { name: 'EnrollmentKeyPairCreated'; data: { enrollmentId: string } }
  | { name: 'KeyPairAttemptAbandoned'; data: { enrollmentId: string; attemptId: string } }
  | { name: 'BackupEscrowed'; data: { enrollmentId: string; backupId: string } }
  | { name: 'EscrowBecameDue'; data: { enrollmentId: string } }
  | { name: 'DueEscrowMade'; data: { enrollmentId: string } }
  | {
      name: 'SubscriberCopyExported';
      data: { enrollmentId: string; exportId: string; profile: PfxProfile };
    }
  | { name: 'ExportRefused'; data: { enrollmentId: string; code: ErrorCode } }
  | { name: 'EnrollmentLocked'; data: { enrollmentId: string } }
  | { name: 'EnrollmentBlocked'; data: { enrollmentId: string } }
  | { name: 'EnrollmentUnlocked'; data: { enrollmentId: string } }
  | { name: 'EnrollmentPasswordChanged'; data: { enrollmentId: string } }
  | { name: 'EnrollmentDestroyed'; data: { enrollmentId: string } }
  | { name: 'OrganizationSettingsChanged'; data: { fields: readonly string[] } }
  | { name: 'PolicyProposed'; data: { document: string; replaces: string } }
  | { name: 'PolicyPublished'; data: { version: string; document: string } }
  | { name: 'WebhookDisabled'; data: { webhookId: string } }
  | {
      name: 'LedgerCheckpointed';
      data: { organization: string; segment: number; treeSize: number; checkpoint: string };
    };

export type DomainEventName = DomainEvent['name'];

const allNames: Readonly<Record<DomainEventName, true>> = {
  EnrollmentAccepted: true,
  SubscriberSignInAwaited: true,
  EnrollmentRefused: true,
  EnrollmentKeyPairCreated: true,
  KeyPairAttemptAbandoned: true,
  BackupEscrowed: true,
  EscrowBecameDue: true,
  DueEscrowMade: true,
  SubscriberCopyExported: true,
  ExportRefused: true,
  EnrollmentLocked: true,
  EnrollmentBlocked: true,
  EnrollmentUnlocked: true,
  EnrollmentPasswordChanged: true,
  EnrollmentDestroyed: true,
  OrganizationSettingsChanged: true,
  PolicyProposed: true,
  PolicyPublished: true,
  WebhookDisabled: true,
  LedgerCheckpointed: true,
};

/** Every event that an aggregate can bear. */
export const domainEventNames: readonly DomainEventName[] = Object.keys(allNames).filter(isDomainEventName);

/** Whether an event of this name is one that an aggregate bears; what comes in from outside is none. */
export function isDomainEventName(name: string): name is DomainEventName {
  return Object.hasOwn(allNames, name);
}
