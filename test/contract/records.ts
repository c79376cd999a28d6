import type { Enrollment } from '#domain/enrollment.ts';
import type { Organization } from '#domain/organization.ts';
import type { CloudEvent } from '#ports/messages.ts';

/** An enrollment as it is first stored, with one event. */
export function enrollmentRecord(id: string, change: Partial<Enrollment> = {}): Enrollment {
  return {
    type: 'enrollment',
    organization: 'acme',
    id,
    version: 1,
    state: 'accepted',
    requestedAt: '2026-01-05T08:00:00.000Z',
    requestFingerprint: 'a'.repeat(64),
    subscriber: { id: 's-1', givenName: 'Zoë', familyName: "O'Brien 王", email: 'zoe@acme.example' },
    purpose: 'encryption',
    keySpec: 'ECC_NIST_P256',
    assurance: 'medium',
    custody: 'software',
    exportable: true,
    escrow: 'required',
    lock: 'password',
    policy: { version: '1', rules: ['exportable-by-assurance'] },
    tries: { inARow: 0, inLife: 0 },
    backups: [],
    exports: 0,
    events: [{ name: 'EnrollmentAccepted', data: { enrollmentId: id, purpose: 'encryption' } }],
    ...change,
  };
}

/** The same enrollment one version on, ready, with two events. */
export function nextVersion(record: Enrollment, change: Partial<Enrollment> = {}): Enrollment {
  return {
    ...record,
    version: record.version + 1,
    state: 'ready',
    events: [
      { name: 'EnrollmentKeyPairCreated', data: { enrollmentId: record.id } },
      { name: 'BackupEscrowed', data: { enrollmentId: record.id, backupId: 'b-1' } },
    ],
    ...change,
  };
}

export function organizationRecord(organization: string): Organization {
  return {
    type: 'organization',
    organization,
    id: 'organization',
    version: 1,
    name: `${organization} Σία`,
    contact: `help@${organization}.example`,
    custody: 'software',
    receiptKeyId: 'receipt-key',
    recoveryKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    policy: {
      version: '1',
      document: 'd'.repeat(64),
      publishedAt: '2026-01-05T08:00:00.000Z',
      proposedBy: 'root',
    },
    retentionDays: 365,
    events: [],
  };
}

/** An event as an enrollment bears it. */
export function acceptedEvent(enrollmentId: string, type = 'EnrollmentAccepted'): CloudEvent {
  return {
    specversion: '1.0',
    id: `${enrollmentId}.1.0`,
    source: `/organizations/acme/enrollments/${enrollmentId}`,
    type,
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { enrollmentId, note: 'Zoë "王"' },
  };
}
