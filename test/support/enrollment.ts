import type { Enrollment } from '#domain/enrollment.ts';

/** An enrollment as a record, with changes; for tests that need no store. */
export function enrollment(change: Partial<Enrollment> = {}): Enrollment {
  return {
    type: 'enrollment',
    organization: 'acme',
    id: 'enr_1',
    version: 1,
    state: 'awaiting-subscriber',
    requestedAt: '2026-01-05T08:00:00.000Z',
    requestFingerprint: '00',
    subscriber: { id: 'ada', givenName: 'Ada', familyName: "O'Brien", email: 'ada@acme.example' },
    purpose: 'encryption',
    keySpec: 'ECC_NIST_P256',
    assurance: 'medium',
    custody: 'software',
    exportable: true,
    escrow: 'required',
    lock: 'password',
    policy: { version: 'general-1', rules: ['enroll-by-workflow'] },
    tries: { inARow: 0, inLife: 0 },
    backups: [],
    exports: 0,
    events: [],
    ...change,
  };
}
