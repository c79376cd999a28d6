import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { Purpose } from '#domain/purpose.ts';
import { Secret } from '#domain/secret.ts';
import { makeKeyPairWithPassword } from '#lambdas/make-key-pair/make-key-pair-with-password.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import type { PasswordedEnrollment } from '#ports/key-pair-maker.ts';
import { mostTries } from '#steps/open-lock.ts';
import { openedByPassword } from '#test/support/opened-enrollment.ts';
import { expectRefused } from '#test/support/refused.ts';
import {
  current,
  makeWorld,
  organization,
  password,
  request,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

function waiting(change: Record<string, unknown> = {}): Promise<Enrollment> {
  number += 1;
  return request(world, { idempotencyKey: `with-password-${number}`, ...change });
}

function make(enrollment: Enrollment, change: Partial<PasswordedEnrollment> = {}, only?: Purpose) {
  const asked = { enrollment, password: password(), setBy: 'pws_1', requestId: 'r-1', ...change };
  return makeKeyPairWithPassword(world.dependencies, asked, only ?? enrollment.purpose);
}

describe('a key pair that is made for whoever set a password', () => {
  it.each(['identity', 'encryption'] as const)('of %s stands under it, and is recorded', async (purpose) => {
    const enrollment = await waiting({ purpose });
    const made = await make(enrollment);
    expect(made).toMatchObject({ state: 'ready', passwordSetBy: 'pws_1' });
    expect(made).toEqual(await current(world, enrollment));
    expect(await openedByPassword(world.dependencies, made, password())).toBe(made.key?.spkiSha256);
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'make-key-pair',
      organization,
      principal: 'service',
      enrollmentId: enrollment.id,
      requestId: 'r-1',
      outcome: 'done',
      policy: enrollment.policy,
      ...(purpose === 'encryption' && { receiptId: activeBackup(made)?.receiptId }),
    });
  });

  it('of identity is made without a vault, and one that is escrowed is not', async () => {
    const { vault: _, ...dependencies } = world.dependencies;
    const identity = await waiting({ purpose: 'identity' });
    const encryption = await waiting();
    const asked = (enrollment: Enrollment) => ({ enrollment, password: password(), requestId: 'r-1' });
    expect(await makeKeyPairWithPassword(dependencies, asked(identity), 'identity')).toMatchObject({
      state: 'ready',
    });
    await expectRefused(world, 'provider-misconfigured', () =>
      makeKeyPairWithPassword(dependencies, asked(encryption), 'encryption'),
    );
    expect((await current(world, encryption)).state).toBe('awaiting-subscriber');
  });

  it.each([
    ['of another purpose', 'not-found', {}, 'identity'],
    ['of another organization', 'not-found', { organization: 'other' }, 'encryption'],
    ['that is not there', 'not-found', { id: 'enr_none' }, 'encryption'],
  ] as [string, ErrorCode, Partial<Enrollment>, Purpose][])(
    'is not made for an enrollment %s',
    async (_what, code, named, only) => {
      const enrollment = await waiting();
      const asked = { enrollment: { ...enrollment, ...named } };
      await expectRefused(world, code, () => make(enrollment, asked, only));
      expect((await current(world, enrollment)).state).toBe('awaiting-subscriber');
    },
  );

  it('is not made under a password that will not do', async () => {
    const enrollment = await waiting();
    await expectRefused(world, 'password-too-weak', () =>
      make(enrollment, { password: Secret.fromText('short') }),
    );
  });

  it('is not made twice, and not where no password is waited for', async () => {
    const enrollment = await waiting();
    const made = await make(enrollment);
    for (const setBy of ['pws_2', undefined]) {
      await expectRefused(world, 'wrong-state', () => make(enrollment, { setBy }));
    }
    expect(await current(world, enrollment)).toEqual(made);
    const held = await waiting({ lock: 'held' });
    await expectRefused(world, 'wrong-state', () => make(held));
  });
});

describe('the same request, which comes again once its key is made', () => {
  it('is answered where its password opens the key, and changes nothing but the time of the last try', async () => {
    const made = await make(await waiting());
    const { key, tries, passwordSetBy } = await make(made);
    expect({ key, passwordSetBy }).toEqual({ key: made.key, passwordSetBy: 'pws_1' });
    expect(tries).toMatchObject({ inARow: 0, inLife: 0 });
  });

  it('is a wrong try like any other where it does not, until a fresh sign-in is needed, which it can bring', async () => {
    const made = await make(await waiting());
    const wrong = () => make(made, { password: wrongPassword() });
    for (let each = 1; each < mostTries.inARow; each += 1)
      await expectRefused(world, 'wrong-password', wrong);
    await expectRefused(world, 'enrollment-locked', wrong);
    expect((await current(world, made)).tries.inLife).toBe(mostTries.inARow);
    await expectRefused(world, 'enrollment-locked', () => make(made));
    const authTime = world.dependencies.clock.now().getTime() / 1_000 + 60;
    expect((await make(made, { authTime })).tries.inARow).toBe(0);
  });
});

describe('setting a password', () => {
  it('makes no key itself: it asks whoever may, once', async () => {
    const enrollment = await waiting();
    const asked: PasswordedEnrollment[] = [];
    const keyPairs = {
      async make(each: PasswordedEnrollment) {
        asked.push(each);
        return enrollment;
      },
    };
    const setting = { enrollmentId: enrollment.id, password: password(), requestId: 'set-1' };
    await setPassword({ ...world.dependencies, keyPairs }, subscriber(), { ...setting, idempotencyKey: 'k' });
    const setBy = expect.stringMatching(/^pws_/);
    const { authTime } = subscriber();
    const told = { enrollment, password: setting.password, setBy, authTime, requestId: 'set-1' };
    const recording = { recordNow: expect.any(Function), refuseNow: expect.any(Function) };
    expect(asked).toEqual([{ ...told, ...recording }]);
    expect((await current(world, enrollment)).state).toBe('awaiting-subscriber');
  });
});
