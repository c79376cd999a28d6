import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Enrollment, transitions } from '#domain/enrollment.ts';
import { type Principal, roles } from '#domain/principal.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { unlockEnrollment } from '#lambdas/unlock-enrollment/unlock-enrollment.ts';
import { updateEnrollment } from '#steps/update-enrollment.ts';
import { withFault } from '#test/support/faults.ts';
import { expectFailedAfterRecord, expectRefused } from '#test/support/refused.ts';
import {
  current,
  eventNames,
  makeWorld,
  organization,
  password,
  ready,
  request,
  subscriber,
  type World,
} from '#test/support/world.ts';

let world: World;
let number = 0;
const official: Principal = { organization, subject: 'helen', roles: ['recovery-official'] };

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const nextKey = () => {
  number += 1;
  return { idempotencyKey: `unlock-${number}`, purpose: 'identity' };
};

/** A ready enrollment after some wrong tries. */
async function tried(inARow: number, inLife: number): Promise<Enrollment> {
  const tries = { inARow, inLife, lastTriedAt: '2026-01-05T07:00:00.000Z' };
  return await updateEnrollment(
    world.dependencies,
    await ready(world, nextKey()),
    transitions.recordTry,
    () => ({
      tries,
    }),
  );
}

function unlock(
  { id: enrollmentId }: Pick<Enrollment, 'id'>,
  as = official,
  dependencies = world.dependencies,
) {
  return unlockEnrollment(dependencies, as, { enrollmentId, requestId: 'unlock-1' });
}

function exporting({ id: enrollmentId }: Enrollment) {
  const unlocking = { password: password() };
  return exportCopy(world.dependencies, subscriber(), {
    enrollmentId,
    unlocking,
    pfxPassword: 'same',
    requestId: 'export-1',
  });
}

describe('unlocking', () => {
  it.each([
    ['enrollment-locked', 10, 10],
    ['enrollment-blocked', 3, 100],
    ['enrollment-blocked', 10, 100],
  ] as const)(
    'lifts %s: its tries are counted from zero again, and it opens',
    async (code, inARow, inLife) => {
      const enrollment = await tried(inARow, inLife);
      await expectRefused(world, code, () => exporting(enrollment));
      const unlocked = await unlock(enrollment);
      expect(unlocked).toEqual(await current(world, enrollment));
      expect(unlocked).toMatchObject({
        state: 'ready',
        tries: { inARow: 0, inLife: 0 },
        key: enrollment.key,
      });
      expect((await eventNames(world, enrollment)).at(-1)).toBe('EnrollmentUnlocked');
      expect(world.dependencies.ledger.entries.at(-1)).toEqual({
        action: 'unlock-enrollment',
        organization,
        principal: 'helen',
        enrollmentId: enrollment.id,
        requestId: 'unlock-1',
        outcome: 'done',
      });
      await exporting(enrollment);
    },
  );

  it('one that is not locked is success, and changes nothing', async () => {
    const enrollment = await tried(9, 99);
    expect(await unlock(enrollment)).toEqual(enrollment);
    expect(await current(world, enrollment)).toEqual(enrollment);
    expect(await eventNames(world, enrollment)).not.toContain('EnrollmentUnlocked');
    expect(world.dependencies.ledger.entries.at(-1)).toMatchObject({
      action: 'unlock-enrollment',
      outcome: 'done',
    });
  });

  it('again is success, and told once', async () => {
    const enrollment = await tried(10, 10);
    const unlocked = await unlock(enrollment);
    expect(await unlock(enrollment)).toEqual(unlocked);
    const names = await eventNames(world, enrollment);
    expect(names.filter((name) => name === 'EnrollmentUnlocked')).toHaveLength(1);
  });

  it.each(roles.filter((role) => role !== 'recovery-official'))('is not permitted to a %s', async (role) => {
    const enrollment = await tried(10, 10);
    const as: Principal = { organization, subject: 'ada', roles: [role] };
    await expectRefused(world, 'not-permitted', () => unlock(enrollment, as), {
      action: 'unlock-enrollment',
    });
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('is never permitted for an own enrollment, whatever else one is', async () => {
    const enrollment = await tried(10, 10);
    const as: Principal = {
      organization,
      subject: 'ada',
      roles: ['recovery-official', 'administrator', 'subscriber'],
    };
    await expectRefused(world, 'not-permitted', () => unlock(enrollment, as));
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it("of another organization's enrollment, or of none, is not found", async () => {
    const enrollment = await tried(10, 10);
    await expectRefused(world, 'not-found', () => unlock(enrollment, { ...official, organization: 'other' }));
    await expectRefused(world, 'not-found', () => unlock({ id: 'enr_none' }));
  });

  it.each([
    ['awaits its subscriber', {}],
    ['was refused', { lock: 'held' }],
  ])('of an enrollment that %s is refused', async (_what, change) => {
    const enrollment = await request(world, { ...nextKey(), ...change });
    await expectRefused(world, 'wrong-state', () => unlock(enrollment));
  });

  it('that fails can be done again', async () => {
    const enrollment = await tried(10, 10);
    const { dependencies } = withFault(world.dependencies, 'before', 'registry.replace');
    const act = () => unlock(enrollment, official, dependencies);
    await expectFailedAfterRecord(world, 'store-unavailable', act, false);
    expect(await current(world, enrollment)).toEqual(enrollment);
    expect(await unlock(enrollment)).toMatchObject({ tries: { inARow: 0, inLife: 0 } });
  });
});
