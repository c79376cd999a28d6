import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import { withFault } from '#test/support/faults.ts';
import { expectRefused } from '#test/support/refused.ts';
import {
  current,
  eventNames,
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

function awaiting(change: Record<string, unknown> = {}): Promise<Enrollment> {
  number += 1;
  return request(world, { idempotencyKey: `set-${number}`, ...change });
}

function set(
  { id: enrollmentId }: Pick<Enrollment, 'id'>,
  { as = subscriber(), with: chosen = password(), dependencies = world.dependencies, key = '' } = {} as {
    key?: string;
    as?: Principal;
    with?: Secret;
    dependencies?: World['dependencies'];
  },
): Promise<Enrollment> {
  return setPassword(dependencies, as, {
    enrollmentId,
    password: chosen,
    requestId: 'set-1',
    ...(key !== '' && { idempotencyKey: key }),
  });
}

describe('setting the password', () => {
  it('makes the key pair under it, and is recorded', async () => {
    const enrollment = await awaiting();
    const made = await set(enrollment);
    expect(made).toMatchObject({ state: 'ready', lock: 'password' });
    expect(made).toEqual(await current(world, enrollment));
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'set-password',
      organization,
      principal: 'ada',
      enrollmentId: enrollment.id,
      requestId: 'set-1',
      outcome: 'done',
      // What was decided of the password, beside what was decided of the key.
      policy: { ...made.policy, rules: [...made.policy.rules, 'password-by-subscriber'] },
      receiptId: activeBackup(made)?.receiptId,
    });
  });

  it.each([
    ['password-too-weak', 'short', 'password-length'],
    ['password-too-weak', '', 'password-length'],
    ['password-too-weak', 'abcdefghijklmnop', 'password'],
    ['password-too-weak', 'secretsecretsecret', 'password'],
    ['password-too-weak', 'x'.repeat(129), 'password-length'],
    ['password-not-ascii', 'pässwörter sind gut', 'password'],
    ['password-not-ascii', 'with\ta tab in it, long', 'password'],
    ['password-not-ascii', 'длинный пароль', 'password'],
  ] as [ErrorCode, string, string][])(
    '%s: is refused and recorded, and nothing is made',
    async (code, text, about) => {
      const enrollment = await awaiting();
      const act = () => set(enrollment, { with: Secret.fromText(text) });
      const record = { action: 'set-password', enrollmentId: enrollment.id, about: [about] };
      const error = await expectRefused(world, code, act, record);
      if (text !== '') expect(`${error.message} ${error.next}`).not.toContain(text);
      expect(await current(world, enrollment)).toEqual(enrollment);
      await set(enrollment);
    },
  );

  it.each([
    ['another subscriber', subscriber('bob')],
    ['another organization', { ...subscriber(), organization: 'other' }],
    ['an administrator', { organization, subject: 'ada', roles: ['administrator', 'recovery-official'] }],
    ['the workflow', { organization, subject: 'ada', roles: ['enrollment-workflow'] }],
  ] as [string, Principal][])('of %s is not found', async (_who, as) => {
    const enrollment = await awaiting();
    const record = { organization: as.organization, principal: as.subject };
    await expectRefused(world, 'not-found', () => set(enrollment, { as }), record);
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('of an enrollment that is not there is not found', async () => {
    await expectRefused(world, 'not-found', () => set({ id: 'enr_none' }), { enrollmentId: 'enr_none' });
  });

  it('twice is refused: the key stands under the first', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const made = await set(enrollment);
    const act = () => set(enrollment, { with: Secret.fromText('quite another battery') });
    await expectRefused(world, 'wrong-state', act);
    expect(await current(world, enrollment)).toEqual(made);
  });

  it('twice at once makes one key', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const results = await Promise.allSettled([set(enrollment), set(enrollment)]);
    const codes = results.map((result) => (result.status === 'fulfilled' ? 'made' : result.reason.code));
    expect(codes.sort()).toEqual(['made', 'making-in-progress']);
    expect(
      world.dependencies.ledger.entries
        .slice(-2)
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['done', 'failed']);
  });

  it('again by the same request is answered, and changes nothing but the counted try', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const made = await set(enrollment, { key: 'once' });
    const again = await set(enrollment, { key: 'once' });
    expect(again).toMatchObject({ state: 'ready', key: made.key, tries: { inARow: 0, inLife: 0 } });
    expect(await eventNames(world, enrollment)).toEqual([
      'SubscriberSignInAwaited',
      'EnrollmentKeyPairCreated',
    ]);
    expect(world.dependencies.ledger.entries.slice(-2).map(({ outcome }) => outcome)).toEqual([
      'done',
      'done',
    ]);
  });

  it('again by the same request with another password is a wrong try, and is counted', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const made = await set(enrollment, { key: 'once' });
    const act = () => set(enrollment, { key: 'once', with: wrongPassword() });
    await expectRefused(world, 'wrong-password', act);
    expect(await current(world, enrollment)).toMatchObject({
      key: made.key,
      tries: { inARow: 1, inLife: 1 },
    });
    await set(enrollment, { key: 'once' });
    expect(await current(world, enrollment)).toMatchObject({ tries: { inARow: 0, inLife: 1 } });
  });

  it('again by another request, or by one without a key, is refused: the key stands under the first', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const made = await set(enrollment, { key: 'once' });
    await expectRefused(world, 'wrong-state', () => set(enrollment, { key: 'twice' }));
    await expectRefused(world, 'wrong-state', () => set(enrollment));
    expect(await current(world, enrollment)).toEqual(made);
    const without = await awaiting({ purpose: 'identity' });
    await set(without);
    await expectRefused(world, 'wrong-state', () => set(without, { key: 'once' }));
  });

  it('by the same request for two enrollments makes the key of each', async () => {
    const [one, other] = [await awaiting({ purpose: 'identity' }), await awaiting({ purpose: 'identity' })];
    const first = await set(one, { key: 'once' });
    const second = await set(other, { key: 'once' });
    expect(second.state).toBe('ready');
    expect(second.passwordSetBy).not.toBe(first.passwordSetBy);
    expect(`${first.passwordSetBy}`).toMatch(/^pws_[a-z2-7]{26}$/);
  });

  it('by the same request at the same moment makes one key, and the other may come again', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const results = await Promise.allSettled([
      set(enrollment, { key: 'once' }),
      set(enrollment, { key: 'once' }),
    ]);
    const codes = results.map((result) => (result.status === 'fulfilled' ? 'made' : result.reason.code));
    expect(codes.sort()).toEqual(['made', 'making-in-progress']);
    expect(await set(enrollment, { key: 'once' })).toMatchObject({ state: 'ready' });
  });

  it('is answered after its own answer was lost', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const ledger = { record: () => Promise.reject(new TypeError('no ledger')) };
    const deaf = { ...world.dependencies, ledger };
    const request = {
      enrollmentId: enrollment.id,
      password: password(),
      idempotencyKey: 'once',
      requestId: 's',
    };
    await expect(setPassword(deaf, subscriber(), request)).rejects.toThrow('no ledger');
    expect(await set(enrollment, { key: 'once' })).toMatchObject({ state: 'ready' });
  });

  it('while the key is made is told to wait', async () => {
    const enrollment = await awaiting();
    const { dependencies } = withFault(world.dependencies, 'crash', 'keys.exportableKeys.generate');
    await set(enrollment, { dependencies }).catch(() => undefined);
    expect(await current(world, enrollment)).toMatchObject({ state: 'making' });
    await expectRefused(world, 'making-in-progress', () => set(enrollment), { outcome: 'failed' });
  });

  it.each([
    ['held', { lock: 'held' }],
    ['resident', { purpose: 'identity', assurance: 'medium-hardware' }],
    ['refused', { purpose: 'identity', lock: 'held' }],
  ])('of an enrollment that is %s is refused: it has none', async (_what, change) => {
    const enrollment = await awaiting(change);
    await expectRefused(world, 'wrong-state', () => set(enrollment));
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('that fails leaves the enrollment waiting, and can be done again', async () => {
    const enrollment = await awaiting();
    const { dependencies } = withFault(world.dependencies, 'before', 'vault.read');
    const record = { enrollmentId: enrollment.id, outcome: 'failed' } as const;
    await expectRefused(world, 'store-unavailable', () => set(enrollment, { dependencies }), record);
    expect(await current(world, enrollment)).toMatchObject({ state: 'awaiting-subscriber', backups: [] });
    expect(await eventNames(world, enrollment)).toEqual([
      'SubscriberSignInAwaited',
      'KeyPairAttemptAbandoned',
    ]);
    expect(await set(enrollment)).toMatchObject({ state: 'ready' });
  });

  it('is told of nothing that could not be recorded', async () => {
    const enrollment = await awaiting({ purpose: 'identity' });
    const ledger = { ...world.dependencies.ledger, record: () => Promise.reject(new TypeError('no ledger')) };
    const dependencies = { ...world.dependencies, ledger };
    await expect(
      setPassword(dependencies, subscriber(), {
        enrollmentId: enrollment.id,
        password: password(),
        requestId: 'set-1',
      }),
    ).rejects.toThrow('no ledger');
  });
});
