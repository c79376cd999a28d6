import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Enrollment, Tries } from '#domain/enrollment.ts';
import { ProviderError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { mostTries, openLock, rightTry } from '#steps/open-lock.ts';
import { updateEnrollment } from '#steps/update-enrollment.ts';
import { thrownBy } from '#test/support/refused.ts';
import {
  current,
  eventNames,
  makeWorld,
  organization,
  password,
  ready,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

const second = 1_000;
let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

/** An identity key under a password, with so many wrong tries behind it. */
async function enrolled(tries: Partial<Tries> = {}): Promise<Enrollment> {
  number += 1;
  const made = await ready(world, { idempotencyKey: `open-${number}`, purpose: 'identity' });
  if (Object.keys(tries).length === 0) return made;
  const start = { inARow: 0, inLife: 0, lastTriedAt: world.dependencies.clock.now().toISOString() };
  const keep = { name: 'set tries', from: ['ready'] } as const;
  return await updateEnrollment(world.dependencies, made, keep, () => ({ tries: { ...start, ...tries } }));
}

async function lockedKeyOf({ key }: Enrollment): Promise<Uint8Array> {
  return await world.dependencies.documents.get({
    kind: 'locked-key',
    organization,
    id: key?.lockedKeyId ?? '',
  });
}

async function open(
  enrollment: Enrollment,
  attempt: Secret,
  {
    signedInAt,
    dependencies = world.dependencies,
  }: { signedInAt?: Date; dependencies?: World['dependencies'] } = {},
): Promise<Uint8Array> {
  const principal = subscriber('ada', Math.floor((signedInAt ?? new Date(0)).getTime() / second));
  return await openLock(dependencies, principal, enrollment, await lockedKeyOf(enrollment), {
    password: attempt,
  });
}

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  return (await thrownBy(act)).code;
}

/** Dependencies that note each guess that custody was asked about, and may not answer. */
function counting(answers = true): { dependencies: World['dependencies']; guesses: () => number } {
  let guesses = 0;
  const { dependencies } = world;
  const keys = {
    ...dependencies.keys,
    mac: async (message: Uint8Array) => {
      guesses += 1;
      if (!answers) throw new ProviderError('provider-unavailable');
      return await dependencies.keys.mac(message);
    },
  };
  return { dependencies: { ...dependencies, keys }, guesses: () => guesses };
}

describe('a right password', () => {
  it('opens the lock; what it opens is what custody wrapped', async () => {
    const enrollment = await enrolled();
    const wrapped = await open(enrollment, password());
    const context = { organization, enrollmentId: enrollment.id, purpose: 'identity' } as const;
    const privateKey = await world.dependencies.keys.exportableKeys?.unwrap(wrapped, context);
    expect(privateKey?.bytes().length).toBeGreaterThan(100);
    privateKey?.erase();
  });

  it('is counted as wrong until the write that follows takes it back', async () => {
    const enrollment = await enrolled({ inARow: 3, inLife: 20 });
    await open(enrollment, password());
    const { tries } = await current(world, enrollment);
    expect(tries).toMatchObject({ inARow: 4, inLife: 21 });
    expect(rightTry(tries)).toEqual({ inARow: 0, inLife: 20, lastTriedAt: tries.lastTriedAt });
    expect(rightTry({ inARow: 1, inLife: 0 })).toEqual({ inARow: 0, inLife: 0 });
  });

  it('as the tenth try does not lock', async () => {
    const enrollment = await enrolled({ inARow: 9, inLife: 9 });
    await open(enrollment, password());
    expect(await eventNames(world, enrollment)).not.toContain('EnrollmentLocked');
  });
});

describe('a wrong password', () => {
  it('is counted, in a row and in life, with its time', async () => {
    const enrollment = await enrolled();
    expect(await codeOf(() => open(enrollment, wrongPassword()))).toBe('wrong-password');
    const lastTriedAt = world.dependencies.clock.now().toISOString();
    expect((await current(world, enrollment)).tries).toEqual({ inARow: 1, inLife: 1, lastTriedAt });
  });

  it('is counted before custody is asked about it', async () => {
    const enrollment = await enrolled();
    const seen: number[] = [];
    const keys = {
      ...world.dependencies.keys,
      mac: async (message: Uint8Array) => {
        seen.push((await current(world, enrollment)).tries.inLife);
        return await world.dependencies.keys.mac(message);
      },
    };
    await codeOf(() => open(enrollment, wrongPassword(), { dependencies: { ...world.dependencies, keys } }));
    expect(seen).toEqual([1]);
  });

  it('as the tenth in a row locks, and tells of it once', async () => {
    const enrollment = await enrolled({ inARow: 9, inLife: 30 });
    const tenth = await thrownBy(() => open(enrollment, wrongPassword()));
    expect(tenth).toMatchObject({ code: 'enrollment-locked', cause: { code: 'wrong-password' } });
    expect(await codeOf(() => open(enrollment, password()))).toBe('enrollment-locked');
    expect(await codeOf(() => open(enrollment, wrongPassword()))).toBe('enrollment-locked');
    const names = await eventNames(world, enrollment);
    expect(names.filter((name) => name === 'EnrollmentLocked').length).toBe(1);
    expect((await current(world, enrollment)).tries).toMatchObject({ inARow: 10, inLife: 31 });
  });

  it('as the ninth does not', async () => {
    const enrollment = await enrolled({ inARow: 8, inLife: 8 });
    await codeOf(() => open(enrollment, wrongPassword()));
    expect(await eventNames(world, enrollment)).not.toContain('EnrollmentLocked');
    await open(enrollment, password());
  });

  it('as the hundredth in life blocks, whatever the sign-in', async () => {
    const enrollment = await enrolled({ inARow: 4, inLife: 99 });
    const hundredth = await thrownBy(() => open(enrollment, wrongPassword()));
    expect(hundredth).toMatchObject({ code: 'enrollment-blocked', cause: { code: 'wrong-password' } });
    const { clock } = world.dependencies;
    clock.advance(60 * second);
    const { dependencies, guesses } = counting();
    const options = { signedInAt: clock.now(), dependencies };
    expect(await codeOf(() => open(enrollment, password(), options))).toBe('enrollment-blocked');
    expect(guesses()).toBe(0);
    const names = await eventNames(world, enrollment);
    expect(names.filter((name) => name === 'EnrollmentBlocked').length).toBe(1);
    expect(names).not.toContain('EnrollmentLocked');
  });
});

describe('a lock', () => {
  it('is lifted only by a sign-in later than the last try', async () => {
    const { clock } = world.dependencies;
    const enrollment = await enrolled({ inARow: 10, inLife: 10 });
    const { dependencies, guesses } = counting();
    const atTheTry = { signedInAt: clock.now(), dependencies };
    expect(await codeOf(() => open(enrollment, password(), atTheTry))).toBe('enrollment-locked');
    clock.advance(5 * second);
    expect(await codeOf(() => open(enrollment, password(), { dependencies }))).toBe('enrollment-locked');
    expect(guesses()).toBe(0);
    await open(enrollment, password(), { signedInAt: clock.now() });
  });

  it('once lifted leaves nine more tries, and no more with the same sign-in', async () => {
    const { clock } = world.dependencies;
    const enrollment = await enrolled({ inARow: 10, inLife: 40 });
    clock.advance(5 * second);
    const signedInAt = clock.now();
    expect(await codeOf(() => open(enrollment, wrongPassword(), { signedInAt }))).toBe('wrong-password');
    expect((await current(world, enrollment)).tries).toMatchObject({ inARow: 1, inLife: 41 });
    const again = await enrolled({ inARow: 10, inLife: 50, lastTriedAt: signedInAt.toISOString() });
    expect(await codeOf(() => open(again, password(), { signedInAt }))).toBe('enrollment-locked');
  });

  it('is lifted once by a sign-in at an issuer whose clock is ahead', async () => {
    const signedInAt = new Date(world.dependencies.clock.now().getTime() + 25 * second);
    const enrollment = await enrolled({ inARow: 10, inLife: 10 });
    const { dependencies, guesses } = counting();
    const guess = () => codeOf(() => open(enrollment, wrongPassword(), { signedInAt, dependencies }));
    for (let time = 0; time < 30; time++) {
      await guess();
      world.dependencies.clock.advance(second);
    }
    expect([guesses(), await guess()]).toEqual([10, 'enrollment-locked']);
    await open(enrollment, password(), { signedInAt: world.dependencies.clock.now() });
  });

  it('is not lifted by an old sign-in because the clock was set back', async () => {
    const { clock } = world.dependencies;
    const signedInAt = clock.now();
    clock.advance(60 * second);
    const enrollment = await enrolled({ inARow: 9, inLife: 9 });
    clock.advance(-3_600 * second);
    for (let time = 0; time < 3; time++) {
      const code = await codeOf(() => open(enrollment, wrongPassword(), { signedInAt }));
      expect(code).toBe('enrollment-locked');
    }
    expect((await current(world, enrollment)).tries).toMatchObject({ inARow: 10, inLife: 10 });
    clock.advance(3_600 * second);
  });

  it('is not lifted by somebody whose sign-in time is not known', async () => {
    const enrollment = await enrolled({ inARow: 10, inLife: 10 });
    const locked = await lockedKeyOf(enrollment);
    const act = () => openLock(world.dependencies, {}, enrollment, locked, { password: password() });
    expect(await codeOf(act)).toBe('enrollment-locked');
  });
});

describe('guesses at the same time', () => {
  it('are all counted: of twenty, ten at most are tried', async () => {
    const enrollment = await enrolled();
    const { dependencies, guesses } = counting();
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(() => open(enrollment, wrongPassword(), { dependencies }))),
    );
    const tried = guesses();
    const { tries } = await current(world, enrollment);
    expect(tried).toBeGreaterThanOrEqual(codes.filter((code) => code === 'wrong-password').length);
    expect(tried).toBeLessThanOrEqual(mostTries.inARow);
    expect(tries).toMatchObject({ inARow: tried, inLife: tried });
    for (const code of codes)
      expect(['wrong-password', 'enrollment-locked', 'version-conflict']).toContain(code);
  });
});

describe('a try that custody did not answer', () => {
  it('is taken back, and its failure is told', async () => {
    const enrollment = await enrolled({ inARow: 2, inLife: 5 });
    const { dependencies } = counting(false);
    expect(await codeOf(() => open(enrollment, password(), { dependencies }))).toBe('provider-unavailable');
    expect((await current(world, enrollment)).tries).toMatchObject({ inARow: 2, inLife: 5 });
  });
});

describe('what was presented', () => {
  it('must fit the lock, and is not counted where it does not', async () => {
    const enrollment = await enrolled();
    const locked = await lockedKeyOf(enrollment);
    const wrong = [{ held: true }, { wrappedKey: new Uint8Array(60) }] as const;
    for (const unlocking of wrong) {
      const act = () => openLock(world.dependencies, subscriber(), enrollment, locked, unlocking);
      expect(await codeOf(act)).toBe('wrong-unlocking');
    }
    for (const lock of ['recipient', 'held', 'resident'] as const) {
      const other = { ...enrollment, lock };
      const act = () => openLock(world.dependencies, subscriber(), other, locked, { password: password() });
      expect(await codeOf(act)).toBe('wrong-unlocking');
    }
    expect((await current(world, enrollment)).tries.inLife).toBe(0);
  });

  it('opens nothing of another enrollment', async () => {
    const [one, other] = [await enrolled(), await enrolled()];
    const locked = await lockedKeyOf(other);
    const act = () => openLock(world.dependencies, subscriber(), one, locked, { password: password() });
    expect(await codeOf(act)).toBe('wrapped-key-invalid');
    expect((await current(world, one)).tries).toMatchObject({ inARow: 0, inLife: 0 });
  });
});
