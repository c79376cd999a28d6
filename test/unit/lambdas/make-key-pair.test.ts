import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { withFault } from '#test/support/faults.ts';
import { expectRefused } from '#test/support/refused.ts';
import { current, makeWorld, organization, request, type World } from '#test/support/world.ts';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

function accepted(change: Record<string, unknown> = { lock: 'held' }): Promise<Enrollment> {
  number += 1;
  return request(world, { idempotencyKey: `make-${number}`, ...change });
}

function eventOf(data: unknown, source = `${eventSource(organization)}/enrollments/any`): CloudEvent {
  return {
    specversion: '1.0',
    id: 'event-2',
    source,
    type: 'EnrollmentAccepted',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data,
  };
}

function make({ id: enrollmentId }: Pick<Enrollment, 'id'>, dependencies = world.dependencies) {
  return makeKeyPairOfAccepted(dependencies, eventOf({ enrollmentId }));
}

describe('an accepted enrollment', () => {
  it('gets its key, and the making is recorded', async () => {
    const enrollment = await accepted();
    await make(enrollment);
    expect(await current(world, enrollment)).toMatchObject({
      state: 'ready',
      backups: [{ state: 'active' }],
    });
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'make-key-pair',
      organization,
      principal: 'service',
      enrollmentId: enrollment.id,
      requestId: 'event-2',
      outcome: 'done',
      policy: enrollment.policy,
      receiptId: activeBackup(await current(world, enrollment))?.receiptId,
    });
  });

  it('gets no second key when the event comes again', async () => {
    const enrollment = await accepted();
    await make(enrollment);
    const made = await current(world, enrollment);
    await make(enrollment);
    expect(await current(world, enrollment)).toEqual(made);
  });

  it('gets one key when the event comes twice at once', async () => {
    const enrollment = await accepted();
    const results = await Promise.allSettled([make(enrollment), make(enrollment)]);
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    const { state, backups } = await current(world, enrollment);
    expect({ state, active: backups.length }).toEqual({ state: 'ready', active: 1 });
  });

  it('stays accepted where the making fails, which is recorded, and may be set to work again', async () => {
    const enrollment = await accepted();
    const { dependencies } = withFault(world.dependencies, 'before', 'keys.exportableKeys.generate');
    await expectRefused(world, 'provider-unavailable', () => make(enrollment, dependencies), {
      action: 'make-key-pair',
      enrollmentId: enrollment.id,
    });
    expect(await current(world, enrollment)).toMatchObject({ state: 'accepted', backups: [] });
    await make(enrollment);
    expect(await current(world, enrollment)).toMatchObject({ state: 'ready' });
  });
});

describe('an enrollment that is not accepted', () => {
  it.each([
    ['awaiting its subscriber', { lock: 'password' }],
    ['refused', { purpose: 'identity', lock: 'held' }],
  ])('but %s is left as it is', async (_what, change) => {
    const enrollment = await accepted(change);
    await make(enrollment);
    expect(await current(world, enrollment)).toEqual(enrollment);
  });
});

describe('an event that names no enrollment', () => {
  it.each([
    ['invalid-input', eventOf({})],
    ['invalid-input', eventOf(undefined)],
    ['invalid-input', eventOf({ enrollmentId: 7 })],
    ['not-found', eventOf({ enrollmentId: 'enr_none' })],
    ['not-found', eventOf({ enrollmentId: 'enr_none' }, 'elsewhere')],
  ] as const)('is refused with %s and recorded', async (code, event) => {
    await expectRefused(world, code, () => makeKeyPairOfAccepted(world.dependencies, event), {
      action: 'make-key-pair',
      requestId: 'event-2',
    });
  });

  it.each([eventSource('other'), eventSource('z'.repeat(100_000)), 'elsewhere'])(
    'of an organization that is not there is recorded apart from all organizations',
    async (source) => {
      const event = eventOf({ enrollmentId: 'enr_none' }, source);
      await expectRefused(world, 'not-found', () => makeKeyPairOfAccepted(world.dependencies, event), {
        organization: '',
      });
    },
  );

  it('of another organization finds nothing here', async () => {
    const enrollment = await accepted();
    const event = eventOf({ enrollmentId: enrollment.id }, eventSource('other'));
    await expectRefused(world, 'not-found', () => makeKeyPairOfAccepted(world.dependencies, event));
    expect(await current(world, enrollment)).toEqual(enrollment);
  });
});
