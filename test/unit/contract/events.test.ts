import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { enrollmentNamedBy, eventSchemas, eventSource, organizationOf } from '#contract/events.ts';
import { isTaken, retries, subscriptions } from '#contract/subscriptions.ts';
import { errorTable } from '#domain/error-codes.ts';
import { type DomainEvent, domainEventNames, isDomainEventName } from '#domain/events.ts';
import { purposes } from '#domain/purpose.ts';
import { issuesOf } from '#test/support/issues-of.ts';

const enrollmentId = 'enr_1';
const born: DomainEvent[] = [
  { name: 'EnrollmentAccepted', data: { enrollmentId, purpose: 'identity' } },
  { name: 'SubscriberSignInAwaited', data: { enrollmentId } },
  { name: 'EnrollmentRefused', data: { enrollmentId, code: 'escrow-impossible' } },
  { name: 'EnrollmentKeyPairCreated', data: { enrollmentId } },
  { name: 'KeyPairAttemptAbandoned', data: { enrollmentId, attemptId: 'att_1' } },
  { name: 'BackupEscrowed', data: { enrollmentId, backupId: 'att_1' } },
  { name: 'EscrowBecameDue', data: { enrollmentId } },
  { name: 'DueEscrowMade', data: { enrollmentId } },
  { name: 'SubscriberCopyExported', data: { enrollmentId, exportId: 'exp_1', profile: 'compatible' } },
  { name: 'ExportRefused', data: { enrollmentId, code: 'export-refused' } },
  { name: 'EnrollmentLocked', data: { enrollmentId } },
  { name: 'EnrollmentBlocked', data: { enrollmentId } },
  { name: 'EnrollmentUnlocked', data: { enrollmentId } },
  { name: 'EnrollmentPasswordChanged', data: { enrollmentId } },
  { name: 'EnrollmentDestroyed', data: { enrollmentId } },
  { name: 'OrganizationSettingsChanged', data: { fields: ['contact', 'policy'] } },
  { name: 'PolicyProposed', data: { document: '0'.repeat(64), replaces: '1' } },
  { name: 'PolicyPublished', data: { version: '2', document: '0'.repeat(64) } },
  { name: 'WebhookDisabled', data: { webhookId: 'whk_1' } },
  {
    name: 'LedgerCheckpointed',
    data: { organization: 'acme', segment: 1, treeSize: 3, checkpoint: 'e30.e30.c2ln' },
  },
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
        for (const wrong of ['', -7, null, 'x y'.repeat(99)]) {
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
    const names = born.map(({ name }) => name);
    const others = [
      'EnrollmentRequested',
      'KeyPairAwaited',
      'WebhookDeliveryRequested',
      'BackupCheckDue',
      'PolicyApplicationDue',
      'CanaryCheckDue',
    ];
    expect(known).toEqual(new Set([...others, ...names]));
    expect(new Set(domainEventNames)).toEqual(new Set(names));
    for (const { types } of Object.values(subscriptions)) {
      for (const type of types) expect(known).toContain(type);
    }
  });

  it('may carry every error code', () => {
    for (const code of Object.keys(errorTable)) {
      expect(v.is(eventSchemas.ExportRefused, { enrollmentId, code })).toBe(true);
    }
  });
});

describe('subscriptions', () => {
  it.each(Object.entries(subscriptions))('of %s name an event once', (_consumer, { types }) => {
    expect(new Set(types).size).toBe(types.length);
    expect(types.length).toBeGreaterThan(0);
  });

  it('fan out to webhooks what aggregates bear, and never what came in with personal data', () => {
    const fannedOut: readonly string[] = subscriptions['fan-out-webhooks'].types;
    expect(new Set(fannedOut)).toEqual(new Set(born.map(({ name }) => name)));
    for (const name of [
      'EnrollmentRequested',
      'KeyPairAwaited',
      'WebhookDeliveryRequested',
      'BackupCheckDue',
      'CanaryCheckDue',
      'toString',
      '',
    ]) {
      expect([isDomainEventName(name), fannedOut.includes(name)]).toEqual([false, false]);
    }
  });

  it.each(purposes)(
    'hand a key pair that is due for %s to one consumer, and it can make no other',
    (purpose) => {
      const takers = (type: string) =>
        Object.entries(subscriptions)
          .filter(([, each]) => isTaken(each, { type, data: { enrollmentId, purpose } }))
          .map(([consumer]) => consumer);
      expect(takers('KeyPairAwaited')).toEqual([`make-${purpose}-key-pair`]);
      expect(takers('EnrollmentAccepted')).toEqual([`make-${purpose}-key-pair`, 'fan-out-webhooks']);
    },
  );

  it('are tried again by a policy each, for webhooks over more than a day', () => {
    expect(Object.keys(retries)).toEqual(Object.keys(subscriptions));
    expect(retries['make-encryption-key-pair'].pauses).toEqual([1, 2, 4, 8, 60, 300, 900, 3_600]);
    const { pauses, longestAsked } = retries['deliver-webhook'];
    expect(pauses).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
    // A queue of SQS hides a message for twelve hours at most.
    for (const pause of [...pauses, longestAsked]) expect(pause * 1.1).toBeLessThanOrEqual(43_200 * 1.1);
  });

  it('send the event inside an order with all that it holds', () => {
    const event = {
      specversion: '1.0',
      id: 'e.1.0',
      source: '/organizations/acme',
      type: 'EnrollmentAccepted',
    };
    const whole = {
      ...event,
      time: 't',
      datacontenttype: 'application/json',
      data: { a: [1] },
      traceparent: 'x',
    };
    const data = { webhookId: 'whk_1', event: whole };
    expect(JSON.stringify(v.parse(eventSchemas.WebhookDeliveryRequested, data).event)).toBe(
      JSON.stringify(whole),
    );
    const { data: _left, ...without } = whole;
    expect(v.is(eventSchemas.WebhookDeliveryRequested, { webhookId: 'whk_1', event: without })).toBe(false);
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
