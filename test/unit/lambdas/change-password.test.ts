import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { changePassword, type PasswordChange } from '#lambdas/change-password/change-password.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import { discardSupersededOf } from '#lambdas/discard-superseded/discard-superseded.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import type { MemoryDocumentStore } from '#test/doubles/memory-document-store.ts';
import { type Fault, withFault } from '#test/support/faults.ts';
import { openedByPassword } from '#test/support/opened-enrollment.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import { withChanged } from '#test/support/with-changed.ts';
import {
  administrator,
  current,
  eventNames,
  eventsBorn,
  makeWorld,
  organization,
  password,
  ready,
  request,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

const another = () => Secret.fromText('staple of a new battery');
let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

function readyKey(change: Record<string, unknown> = {}): Promise<Enrollment> {
  number += 1;
  return ready(world, { idempotencyKey: `change-${number}`, purpose: 'identity', ...change });
}

function change(
  { id: enrollmentId }: Pick<Enrollment, 'id'>,
  with_: Partial<PasswordChange> = {},
  { as = subscriber(), dependencies = world.dependencies } = {},
): Promise<Enrollment> {
  const request = {
    enrollmentId,
    currentPassword: password(),
    newPassword: another(),
    requestId: 'change-1',
  };
  return changePassword(dependencies, as, { ...request, ...with_ });
}

/** The locked records of an enrollment that stand in the store. */
function lockedKeysOf({ id }: Pick<Enrollment, 'id'>): string[] {
  const names = world.dependencies.documents.names().filter(({ kind }) => kind === 'locked-key');
  return names.map((name) => name.id).filter((name) => name.startsWith(id));
}

async function opens(enrollment: Enrollment, secret: Secret): Promise<boolean> {
  const opened = openedByPassword(world.dependencies, enrollment, secret);
  return await opened.then(
    (spki) => spki === enrollment.key?.spkiSha256,
    () => false,
  );
}

/** Delivers what the enrollment bore to the consumer that discards. */
async function deliverTo(enrollment: Enrollment): Promise<void> {
  for (const event of await eventsBorn(world)) {
    if (!event.source.endsWith(enrollment.id) || event.type !== 'EnrollmentPasswordChanged') continue;
    await discardSupersededOf(world.dependencies, event);
  }
}

describe('changing the password', () => {
  it('locks the same key under the new one, and the old locked record is gone', async () => {
    const enrollment = await readyKey();
    const changed = await change(enrollment);
    expect(changed).toEqual(await current(world, enrollment));
    expect(changed.key).toMatchObject({
      csrId: enrollment.key?.csrId,
      spkiSha256: enrollment.key?.spkiSha256,
    });
    expect(lockedKeysOf(enrollment)).toEqual([changed.key?.lockedKeyId]);
    expect([changed.superseded, changed.pendingLock]).toEqual([undefined, undefined]);
    expect(await opens(changed, another())).toBe(true);
    expect(await opens(changed, password())).toBe(false);
  });

  it('bears one event, counts no try, and is recorded without a secret', async () => {
    const enrollment = await readyKey();
    const changed = await change(enrollment);
    expect(changed.tries).toMatchObject({ inARow: 0, inLife: 0 });
    const names = await eventNames(world, enrollment);
    expect(names.filter((name) => name === 'EnrollmentPasswordChanged')).toHaveLength(1);
    const record = world.dependencies.ledger.entries.at(-1);
    expect(record).toEqual({
      action: 'change-password',
      organization,
      principal: 'ada',
      enrollmentId: enrollment.id,
      requestId: 'change-1',
      outcome: 'done',
      policy: { version: expect.any(String), rules: ['password-by-subscriber'] },
    });
  });

  it('may be done again and again', async () => {
    const enrollment = await readyKey();
    await change(enrollment);
    const back = await change(enrollment, { currentPassword: another(), newPassword: password() });
    expect(await opens(back, password())).toBe(true);
    expect(lockedKeysOf(enrollment)).toHaveLength(1);
  });

  it('with a wrong current one is refused and counted, and the tenth in a row locks', async () => {
    const enrollment = await readyKey();
    const wrong = () => change(enrollment, { currentPassword: wrongPassword() });
    for (let tries = 1; tries < 10; tries += 1) await expectRefused(world, 'wrong-password', wrong);
    await expectRefused(world, 'enrollment-locked', wrong);
    await expectRefused(world, 'enrollment-locked', () => change(enrollment));
    expect((await current(world, enrollment)).key).toEqual(enrollment.key);
    expect(lockedKeysOf(enrollment)).toEqual([enrollment.key?.lockedKeyId]);
  });

  it.each([
    ['password-too-weak', 'short', 'password-length'],
    ['password-not-ascii', 'pässwörter sind gut', 'newPassword'],
    ['invalid-input', 'correct horse battery', 'newPassword'],
  ] as [ErrorCode, string, string][])(
    '%s: the new one is refused before the current one is tried',
    async (code, text, about) => {
      const enrollment = await readyKey();
      const act = () => change(enrollment, { newPassword: Secret.fromText(text) });
      const error = await expectRefused(world, code, act, { about: [about] });
      expect(error.details.field).toBe('newPassword');
      expect(`${error.message} ${error.next}`).not.toContain(text);
      expect(await current(world, enrollment)).toEqual(enrollment);
    },
  );

  it.each([
    ['another subscriber', subscriber('bob')],
    ['another organization', { ...subscriber(), organization: 'other' }],
    ['an administrator', { ...administrator, subject: 'ada' }],
  ] as [string, Principal][])('of %s is not found', async (_who, as) => {
    const enrollment = await readyKey();
    await expectRefused(world, 'not-found', () => change(enrollment, {}, { as }));
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it.each([
    ['held', { purpose: 'encryption', lock: 'held' }],
    ['resident', { assurance: 'medium-hardware' }],
  ])('of a key that is %s is refused: it has none', async (_what, how) => {
    const enrollment = await readyKey(how);
    await expectRefused(world, 'wrong-unlocking', () => change(enrollment));
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('before the key is made, or after it was destroyed, is refused', async () => {
    number += 1;
    const awaiting = await request(world, { idempotencyKey: `change-${number}` });
    await expectRefused(world, 'wrong-state', () => change(awaiting));
    const enrollment = await readyKey();
    await destroyNow(enrollment);
    await expectRefused(world, 'wrong-state', () => change(enrollment));
  });
});

async function destroyNow({ id }: Enrollment): Promise<void> {
  const now = world.dependencies.clock.now().getTime() / 1_000;
  const request = { enrollmentId: id, confirm: id, requestId: 'destroy' };
  await destroyEnrollment(world.dependencies, subscriber('ada', now), request);
}

describe('a change that comes again', () => {
  it('by the same request is answered by its new password alone', async () => {
    const enrollment = await readyKey();
    const changed = await change(enrollment, { idempotencyKey: 'once' });
    const again = await change(enrollment, { idempotencyKey: 'once', currentPassword: wrongPassword() });
    expect(again.key).toEqual(changed.key);
    expect(again.tries).toMatchObject({ inARow: 0, inLife: 0 });
    const other = { idempotencyKey: 'once', newPassword: Secret.fromText('yet another battery') };
    await expectRefused(world, 'wrong-password', () => change(enrollment, other));
  });

  it('by another request is a change, from the password that is set by then', async () => {
    const enrollment = await readyKey();
    await change(enrollment, { idempotencyKey: 'once' });
    const act = () => change(enrollment, { idempotencyKey: 'twice' });
    await expectRefused(world, 'wrong-password', act);
  });

  it('forgets the request that was before', async () => {
    const enrollment = await readyKey();
    await change(enrollment, { idempotencyKey: 'once' });
    const back = { currentPassword: another(), newPassword: password() };
    expect((await change(enrollment, back)).passwordSetBy).toBeUndefined();
  });

  it('at the same moment is made once, or both but one after the other; never is the key lost', async () => {
    const enrollment = await readyKey();
    const results = await Promise.allSettled([change(enrollment), change(enrollment)]);
    const codes = results.map((result) => (result.status === 'fulfilled' ? 'done' : result.reason.code));
    expect(codes).toContain('done');
    const stands = await current(world, enrollment);
    expect(await opens(stands, another())).toBe(true);
    await deliverTo(enrollment);
    expect(lockedKeysOf(enrollment)).toEqual([stands.key?.lockedKeyId]);
  });
});

describe('whoever reads the enrollment just before its password is changed', () => {
  it('is told to repeat the request, not that a record is missing', async () => {
    const enrollment = await readyKey();
    const { documents } = world.dependencies;
    const late = withChanged<MemoryDocumentStore>(documents, {
      get: async (name) => {
        await change(enrollment);
        return await documents.get(name);
      },
    });
    const dependencies = { ...world.dependencies, documents: late };
    const unlocking = { password: password() };
    const exporting = {
      enrollmentId: enrollment.id,
      unlocking,
      pfxPassword: 'same',
      requestId: 'e-1',
    } as const;
    const act = () => exportCopy(dependencies, subscriber(), exporting);
    expect(await thrownBy(act)).toMatchObject({ code: 'version-conflict', retryable: true });
    expect((await current(world, enrollment)).tries).toMatchObject({ inARow: 0, inLife: 0 });
  });

  it('is told that a record is missing where it is', async () => {
    const enrollment = await readyKey();
    const id = enrollment.key?.lockedKeyId ?? '';
    await world.dependencies.documents.discard({ kind: 'locked-key', organization, id });
    await expectRefused(world, 'object-missing', () => change(enrollment));
  });
});

describe('a change that fails', () => {
  it.each(['before', 'answer-lost', 'crash'] as Fault[])(
    '%s, at any call: one password opens the key, and no other record of it stays',
    async (fault) => {
      const { dependencies, calls } = withFault(world.dependencies);
      await change(await readyKey(), {}, { dependencies });
      expect(calls.filter((name) => name === 'registry.replace')).toHaveLength(4);
      for (let at = 1; at <= calls.length; at += 1) {
        const enrollment = await readyKey();
        const faulty = withFault(world.dependencies, fault, at).dependencies;
        const made = await change(enrollment, {}, { dependencies: faulty }).then(
          () => true,
          () => false,
        );
        const stands = await current(world, enrollment);
        const isNew = stands.key?.lockedKeyId !== enrollment.key?.lockedKeyId;
        if (made) expect(isNew).toBe(true);
        expect([at, await opens(stands, another()), await opens(stands, password())]).toEqual([
          at,
          isNew,
          !isNew,
        ]);
        await deliverTo(enrollment);
        const known = [stands.key?.lockedKeyId, stands.pendingLock];
        expect(lockedKeysOf(enrollment).filter((id) => !known.includes(id))).toEqual([]);
        if (fault !== 'crash') expect(lockedKeysOf(enrollment)).toEqual([stands.key?.lockedKeyId]);
      }
    },
  );

  it('leaves no counted try behind, unless it crashed', async () => {
    const enrollment = await readyKey();
    const { dependencies } = withFault(world.dependencies, 'before', 'documents.put');
    await expectRefused(world, 'store-unavailable', () => change(enrollment, {}, { dependencies }));
    const stands = await current(world, enrollment);
    expect(stands).toMatchObject({ tries: { inARow: 0, inLife: 0 }, key: enrollment.key });
    expect([stands.pendingLock, stands.superseded]).toEqual([undefined, undefined]);
  });

  it('in a crash leaves a record that the next change, or the destruction, discards', async () => {
    const dry = withFault(world.dependencies);
    await change(await readyKey(), {}, { dependencies: dry.dependencies });
    const readingBack = dry.calls.indexOf('documents.put') + 2;
    const enrollment = await readyKey();
    const { dependencies } = withFault(world.dependencies, 'crash', readingBack);
    await thrownBy(() => change(enrollment, {}, { dependencies }));
    expect(lockedKeysOf(enrollment)).toHaveLength(2);
    await change(enrollment);
    const stands = await current(world, enrollment);
    expect(lockedKeysOf(enrollment)).toEqual([stands.key?.lockedKeyId]);
    const again = { currentPassword: another(), newPassword: password() };
    await thrownBy(() =>
      change(enrollment, again, {
        dependencies: withFault(world.dependencies, 'crash', readingBack).dependencies,
      }),
    );
    await destroyNow(enrollment);
    expect(lockedKeysOf(enrollment)).toEqual([]);
  });

  it('to discard the old record is still a change, and its event discards it', async () => {
    const enrollment = await readyKey();
    const { dependencies } = withFault(world.dependencies, 'before', 'documents.discard');
    const changed = await change(enrollment, {}, { dependencies });
    expect(lockedKeysOf(enrollment)).toHaveLength(2);
    expect(changed.superseded).toEqual([{ kind: 'locked-key', id: enrollment.key?.lockedKeyId }]);
    await deliverTo(enrollment);
    expect(lockedKeysOf(enrollment)).toEqual([changed.key?.lockedKeyId]);
    await deliverTo(enrollment);
    expect((await current(world, enrollment)).superseded).toBeUndefined();
    expect(await opens(await current(world, enrollment), another())).toBe(true);
  });
});
