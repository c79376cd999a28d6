import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '#domain/error-codes.ts';
import { type Principal, roles } from '#domain/principal.ts';
import { planRequest } from '#lambdas/plan-enrollment/plan-enrollment.ts';
import { requestEnrollment, requestEnrollmentAs } from '#lambdas/request-enrollment/request-enrollment.ts';
import { type RequestOutcome, requestEnrollments } from '#lambdas/request-enrollments/request-enrollments.ts';
import { loadOrganization } from '#steps/load.ts';
import { withFault } from '#test/support/faults.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import {
  administrator,
  eventsBorn,
  makeWorld,
  organization,
  requestData,
  requested,
  type World,
} from '#test/support/world.ts';

let world: World;
const workflow: Principal = { organization, subject: 'hr-system', roles: ['enrollment-workflow'] };

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

function ask(change: Record<string, unknown> = {}, principal = workflow) {
  const data = requestData(change);
  return requestEnrollmentAs(world.dependencies, principal, { data, requestId: 'req-1' });
}

function askMany(requests: readonly unknown[], principal = workflow) {
  return requestEnrollments(world.dependencies, principal, { requests, requestId: 'batch' });
}

function plan(change: Record<string, unknown> = {}, principal = workflow) {
  const { idempotencyKey: _, ...data } = requestData(change);
  return planRequest(world.dependencies, principal, { data, requestId: 'plan-1' });
}

async function storedEnrollments() {
  return (await world.dependencies.registry.enrollments({ organization, limit: 1_000 })).items;
}

const told = (outcome: RequestOutcome) =>
  'enrollment' in outcome ? outcome.enrollment.state : outcome.error.code;

const others = roles.filter((role) => role !== 'enrollment-workflow' && role !== 'administrator');

describe('a request made directly', () => {
  it.each([workflow, administrator])('is taken of %j, and recorded as theirs', async (principal) => {
    const enrollment = await ask({}, principal);
    expect(enrollment.state).toBe('awaiting-subscriber');
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'request-enrollment',
      organization,
      principal: principal.subject,
      requestId: 'req-1',
      enrollmentId: enrollment.id,
      outcome: 'done',
      policy: enrollment.policy,
    });
  });

  it('is the same as one that comes by event with the same key', async () => {
    expect(await ask()).toEqual(await requestEnrollment(world.dependencies, requested()));
    expect(await eventsBorn(world)).toHaveLength(1);
  });

  it.each(others)('is not permitted to a %s, and nothing is left', async (role) => {
    const principal: Principal = { organization, subject: 'ada', roles: [role] };
    const record = { action: 'request-enrollment', organization, principal: 'ada', requestId: 'req-1' };
    await expectRefused(world, 'not-permitted', () => ask({}, principal), record);
    expect(await storedEnrollments()).toEqual([]);
  });

  it('of an organization that is not set up, or for another, is refused', async () => {
    const nobody = { ...workflow, organization: 'nobody' };
    await expectRefused(world, 'not-set-up', () => ask({ organization: 'nobody' }, nobody));
    await expectRefused(world, 'not-found', () => ask({ organization: 'other' }), { organization });
  });

  it.each([
    ['invalid-input', { purpose: 'signing' }],
    ['key-spec-below-floor', { keySpec: 'RSA_1024' }],
    ['recipient-key-invalid', { lock: 'recipient' }],
  ] as [ErrorCode, Record<string, unknown>][])('that is bad is refused with %s', async (code, change) => {
    await expectRefused(world, code, () => ask(change));
    expect(await storedEnrollments()).toEqual([]);
  });
});

describe('several requests at once', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => requestData({ idempotencyKey: `many-${index}` }));

  it('are each taken, and answered in their order', async () => {
    const requests = many(100);
    const outcomes = await askMany(requests);
    expect(outcomes.map(told)).toEqual(requests.map(() => 'awaiting-subscriber'));
    const alone = await ask({ idempotencyKey: 'many-17' });
    expect(outcomes[17]).toEqual({ enrollment: alone });
  });

  it('go on whatever is wrong with some, each with its own record', async () => {
    const [first, second, third] = many(3);
    const outcomes = await askMany([
      first,
      { ...second, purpose: 'signing' },
      undefined,
      { ...third, organization: 'other' },
      requestData({ idempotencyKey: 'refused', lock: 'held' }),
      { ...first, purpose: 'identity' },
      first,
    ]);
    expect(outcomes.map(told)).toEqual([
      'awaiting-subscriber',
      'invalid-input',
      'invalid-input',
      'not-found',
      'refused',
      'idempotency-mismatch',
      'awaiting-subscriber',
    ]);
    const { entries } = world.dependencies.ledger;
    // Of two that ask at once for another thing by the same key, one is recorded, and taken back.
    const takenBack = entries.map(({ takesBack }) => takesBack);
    const records = entries.filter(
      ({ requestId }, at) => requestId?.startsWith('batch.') && !takenBack.includes(`led_${at + 1}`),
    );
    expect(records.map(({ requestId, outcome }) => [requestId, outcome]).sort()).toEqual([
      ['batch.0', 'done'],
      ['batch.1', 'refused'],
      ['batch.2', 'refused'],
      ['batch.3', 'refused'],
      ['batch.4', 'refused'],
      ['batch.5', 'refused'],
      ['batch.6', 'done'],
    ]);
    expect(await storedEnrollments()).toHaveLength(2);
  });

  it('go on where a store fails at one of them', async () => {
    const { dependencies } = withFault(world.dependencies, 'before', 'registry.create');
    const outcomes = await requestEnrollments(dependencies, workflow, {
      requests: many(4),
      requestId: 'batch',
    });
    expect(outcomes.map(told).sort()).toEqual([
      'awaiting-subscriber',
      'awaiting-subscriber',
      'awaiting-subscriber',
      'store-unavailable',
    ]);
    expect((await askMany(many(4))).map(told)).toEqual(Array(4).fill('awaiting-subscriber'));
    expect(await storedEnrollments()).toHaveLength(4);
  });

  it.each([0, 101])('are refused as a whole if they are %i', async (count) => {
    await expectRefused(world, 'invalid-input', () => askMany(many(count)), {
      action: 'request-enrollments',
      about: ['requests'],
    });
    expect(await storedEnrollments()).toEqual([]);
  });

  it.each(others)('are not permitted to a %s, which is recorded once', async (role) => {
    const principal: Principal = { organization, subject: 'ada', roles: [role] };
    await expectRefused(world, 'not-permitted', () => askMany(many(3), principal), { requestId: 'batch' });
    expect(await storedEnrollments()).toEqual([]);
  });
});

describe('a dry run', () => {
  async function expectNothingWritten(act: () => Promise<unknown>): Promise<void> {
    const records = world.dependencies.ledger.entries.length;
    await act();
    expect(await storedEnrollments()).toEqual([]);
    expect(world.dependencies.documents.names()).toEqual([]);
    expect(await eventsBorn(world)).toEqual([]);
    expect(world.dependencies.ledger.entries).toHaveLength(records);
  }

  it.each([
    ['a key under a password', {}],
    ['an identity key', { purpose: 'identity' }],
    ['a resident key', { purpose: 'identity', assurance: 'medium-hardware' }],
    ['a request that is refused', { lock: 'held' }],
  ])('of %s says what the request then becomes, and writes nothing', async (_what, change) => {
    await expectNothingWritten(() => plan(change));
    const planned = await plan(change);
    const { state, exportable, escrow, lock, policy, refusal } = await ask(change);
    const { receiptId: _, ...unsigned } = refusal ?? { receiptId: 'none' };
    expect(planned).toEqual({
      state,
      exportable,
      escrow,
      lock,
      policy,
      ...(refusal !== undefined && { refusal: unsigned }),
    });
  });

  it('says why a request would be refused, and whom to ask', async () => {
    expect(await plan({ lock: 'held' }, administrator)).toMatchObject({
      state: 'refused',
      refusal: { code: 'enrollment-refused', contact: 'helpdesk@acme.example', rules: ['held-not-allowed'] },
    });
  });

  it.each(others)('is not permitted to a %s, which is recorded', async (role) => {
    const principal: Principal = { organization, subject: 'ada', roles: [role] };
    const record = { action: 'plan-enrollment', principal: 'ada', requestId: 'plan-1' };
    await expectRefused(world, 'not-permitted', () => plan({}, principal), record);
  });

  it.each([
    ['invalid-input', { purpose: 'signing' }],
    ['invalid-input', { unknown: 1 }],
    ['key-spec-below-floor', { keySpec: 'RSA_1024' }],
    ['recipient-key-invalid', { lock: 'recipient' }],
    ['not-found', { organization: 'other' }],
  ] as [ErrorCode, Record<string, unknown>][])(
    'of a bad request is refused with %s: %j',
    async (code, change) => {
      await expectRefused(world, code, () => plan(change));
    },
  );

  it('that names the recovery key as recipient key is refused as the request would be', async () => {
    const { recoveryKey } = await loadOrganization(world.dependencies, organization);
    const planned = await thrownBy(() => plan({ recipientKey: { ...recoveryKey } }));
    const asked = await thrownBy(() => ask({ recipientKey: { ...recoveryKey } }));
    expect([planned.code, planned.message]).toEqual([asked.code, asked.message]);
  });

  it('takes no idempotency key: nothing is kept that it could name', async () => {
    const act = () => planRequest(world.dependencies, workflow, { data: requestData(), requestId: 'plan-1' });
    await expectRefused(world, 'invalid-input', act, { about: ['idempotencyKey'] });
  });
});
