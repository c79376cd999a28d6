import type { ErrorCode } from './error-codes.ts';

/**
 * What happened to an aggregate, in the past tense. Data are references: identifiers and codes, never a secret,
 * never a name or an address, never state that a handler should trust instead of reading the record.
 */
export type DomainEvent =
  | { name: 'EnrollmentAccepted'; data: { enrollmentId: string } }
  | { name: 'SubscriberSignInAwaited'; data: { enrollmentId: string } }
  | { name: 'EnrollmentRefused'; data: { enrollmentId: string; code: ErrorCode } }
  | { name: 'EnrollmentKeyPairCreated'; data: { enrollmentId: string } }
  | { name: 'KeyPairAttemptAbandoned'; data: { enrollmentId: string; attemptId: string } }
  | { name: 'BackupEscrowed'; data: { enrollmentId: string; backupId: string } }
  | { name: 'SubscriberCopyExported'; data: { enrollmentId: string; exportId: string } }
  | { name: 'ExportRefused'; data: { enrollmentId: string; code: ErrorCode } }
  | { name: 'EnrollmentLocked'; data: { enrollmentId: string } }
  | { name: 'EnrollmentBlocked'; data: { enrollmentId: string } };

export type DomainEventName = DomainEvent['name'];
