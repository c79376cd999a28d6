import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { enrollmentNamedBy, eventSchemas, eventSource, organizationOf } from '#contract/events.ts';
import { subscriptions } from '#contract/subscriptions.ts';
import { errorTable } from '#domain/error-codes.ts';
import type { DomainEvent } from '#domain/events.ts';
import { issuesOf } from '#test/support/issues-of.ts';

const enrollmentId = 'enr_1';
const born: DomainEvent[] = [
  { name: 'EnrollmentAccepted', data: { enrollmentId } },
  { name: 'SubscriberSignInAwaited', data: { enrollmentId } },
  { name: 'EnrollmentRefused', data: { enrollmentId, code: 'escrow-impossible' } },
  { name: 'EnrollmentKeyPairCreated', data: { enrollmentId } },
  { name: 'KeyPairAttemptAbandoned', data: { enrollmentId, attemptId: 'att_1' } },
  { name: 'BackupEscrowed', data: { enrollmentId, backupId: 'att_1' } },
  { name: 'SubscriberCopyExported', data: { enrollmentId, exportId: 'exp_1' } },
  { name: 'ExportRefused', data: { enrollmentId, code: 'export-refused' } },
  { name: 'EnrollmentLocked', data: { enrollmentId } },
  { name: 'EnrollmentBlocked', data: { enrollmentId } },
];

describe('the data of events', () => {
  it.each(born)('$name is read as an aggregate bears it', ({ name, data }) => {
    expect(v.parse(eventSchemas[name], data)).toEqual(data);
  });

  it.each(born)('$name may grow: members that are not known are left out', ({ name, data }) => {
    expect(v.parse(eventSchemas[name], { ...data, later: 1 })).toEqual(data);
  });

  it.each(born)(
    '$name without one of its members is refused, or with an empty or endless one',
    ({ name, data }) => {
      for (const member of Object.keys(data)) {
        const { [member]: _left, ...rest } = { ...data } as Record<string, unknown>;
        expect(v.is(eventSchemas[name], rest)).toBe(false);
        for (const wrong of ['', 7, null, 'x y'.repeat(99)]) {
          expect(v.is(eventSchemas[name], { ...data, [member]: wrong })).toBe(false);
        }
      }
    },
  );

  it('is not repeated where it is refused', () => {
    const data = { enrollmentId, code: 'MARKED' };
    expect(JSON.stringify(issuesOf(eventSchemas.EnrollmentRefused, data))).not.toContain('MARKED');
  });

  it('are written for every event that a subscription or an aggregate names', () => {
    const known = new Set(Object.keys(eventSchemas));
    expect(known).toEqual(new Set(['EnrollmentRequested', ...born.map(({ name }) => name)]));
    for (const type of Object.values(subscriptions).flat()) expect(known).toContain(type);
  });

  it('may carry every error code', () => {
    for (const code of Object.keys(errorTable)) {
      expect(v.is(eventSchemas.ExportRefused, { enrollmentId, code })).toBe(true);
    }
  });
});

describe('subscriptions', () => {
  it.each(Object.entries(subscriptions))('of %s name an event once', (_consumer, types) => {
    expect(new Set(types).size).toBe(types.length);
    expect(types.length).toBeGreaterThan(0);
  });
});

describe('the source of an event', () => {
  it('names its organization', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), (organization) => {
        expect(organizationOf(eventSource(organization))).toBe(organization);
        expect(organizationOf(`${eventSource(organization)}/enrollments/enr_1`)).toBe(organization);
      }),
    );
  });

  it.each([
    '',
    '/',
    'acme',
    '/organizations',
    '/organizations/',
    '/organizations//x',
    'x/organizations/acme',
  ])('names none as "%s"', (source) => {
    expect(organizationOf(source)).toBeUndefined();
  });
});

describe('the enrollment that data name', () => {
  it.each([undefined, null, 'enr_1', 7, [], {}, { enrollmentId: 7 }, { enrollmentId: '' }])(
    'is none in %j',
    (data) => {
      expect(enrollmentNamedBy(data)).toEqual({});
    },
  );

  it('is its id and nothing else', () => {
    expect(enrollmentNamedBy({ enrollmentId, familyName: 'secret' })).toEqual({ enrollmentId });
  });
});
