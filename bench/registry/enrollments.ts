import { enrollmentIdFrom } from '#crypto/identifiers.ts';
import type { Enrollment, EnrollmentKey, EnrollmentState } from '#domain/enrollment.ts';
import type { DomainEvent } from '#domain/events.ts';
import { purposes } from '#domain/purpose.ts';

export const organization = 'bench';

/** How many enrollments still name something to be discarded, however many there are in all. */
export const leftoversThere = 5;
/** Enrollments of one subscriber. */
export const perSubscriber = 4;

/** The enrollment of that number, as a service that has run for long leaves most: ready, escrowed, exported; some in other states. */
export function oldEnrollment(index: number): Enrollment {
  const id = enrollmentIdFrom(organization, `old-${index}`);
  const purpose = purposes[index % purposes.length] ?? 'encryption';
  const state = stateOf(index);
  const subscriber = subscriberOf(index);
  const made = state === 'ready' || state === 'destroyed';
  return {
    type: 'enrollment',
    organization,
    id,
    version: made ? 4 : 1,
    state,
    requestedAt: '2025-03-05T08:00:00.000Z',
    requestFingerprint: digits(index, 1),
    subscriber: {
      id: subscriber,
      givenName: 'Ada',
      familyName: 'Lovelace',
      email: `${subscriber}@example.org`,
    },
    purpose,
    keySpec: 'RSA_2048',
    assurance: 'medium',
    custody: 'software',
    exportable: true,
    escrow: purpose === 'encryption' ? 'required' : 'forbidden',
    lock: 'password',
    policy: { version: '2025-01-01', rules: ['exportable-software-keys', 'escrow-encryption-keys'] },
    tries: { inARow: 0, inLife: 0 },
    backups: made && purpose === 'encryption' ? [backupOf(id, index)] : [],
    exports: made ? 1 : 0,
    ...(made && { key: keyOf(id, index) }),
    ...(isLeftOver(index) && { superseded: [{ kind: 'locked-key', id: attemptOf(id, index) }] }),
    events: [eventOf(id, state)],
  };
}

export function subscriberOf(index: number): string {
  return `subscriber-${Math.floor(index / perSubscriber)}`;
}

/** Nine in ten are ready; what waits, was refused or destroyed is the rest. */
function stateOf(index: number): EnrollmentState {
  if (isLeftOver(index)) return 'ready';
  const others: readonly EnrollmentState[] = [
    'awaiting-subscriber',
    'awaiting-subscriber',
    'refused',
    'destroyed',
  ];
  // Primes apart, so that each state has both purposes.
  return index % 11 === 0 ? (others[(index % 7) % others.length] ?? 'ready') : 'ready';
}

function isLeftOver(index: number): boolean {
  return index < leftoversThere;
}

function eventOf(enrollmentId: string, state: EnrollmentState): DomainEvent {
  if (state === 'awaiting-subscriber') return { name: 'SubscriberSignInAwaited', data: { enrollmentId } };
  if (state === 'refused')
    return { name: 'EnrollmentRefused', data: { enrollmentId, code: 'enrollment-refused' } };
  if (state === 'destroyed') return { name: 'EnrollmentDestroyed', data: { enrollmentId } };
  const exportId = `exp_${enrollmentId.slice(4)}`;
  return { name: 'SubscriberCopyExported', data: { enrollmentId, exportId, profile: 'modern' } };
}

function keyOf(id: string, index: number): EnrollmentKey {
  const attempt = attemptOf(id, index);
  return {
    spkiSha256: digits(index, 2),
    csrSha256: digits(index, 3),
    csrId: attempt,
    placeholderId: attempt,
    lockedKeyId: attempt,
  };
}

function backupOf(id: string, index: number): Enrollment['backups'][number] {
  const attempt = attemptOf(id, index);
  return {
    state: 'active',
    id: attempt,
    objectName: `${organization}/${id}/${attempt}.pfx`,
    profile: 'modern',
    objectVersion: digits(index, 4).slice(0, 32),
    pfxSha256: digits(index, 5),
    retainUntil: '2032-03-05T08:00:00.000Z',
    sealedPassphraseId: attempt,
    receiptId: attempt,
  };
}

function attemptOf(id: string, index: number): string {
  return `${id}.att_${digits(index, 6).slice(0, 26)}`;
}

/** 64 hexadecimal digits that are another record's or field's with next to no other: quick, and nothing relies on them. */
function digits(index: number, field: number): string {
  const seed = Math.imul(index + 1, 2_654_435_761) ^ Math.imul(field, 40_503);
  return (seed >>> 0).toString(16).padStart(8, '0').repeat(8);
}
