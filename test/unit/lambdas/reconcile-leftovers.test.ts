import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Enrollment } from '#domain/enrollment.ts';
import { Secret } from '#domain/secret.ts';
import { changePassword } from '#lambdas/change-password/change-password.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import { type Reconciled, reconcile } from '#lambdas/reconcile/reconcile.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { type Fault, withFault } from '#test/support/faults.ts';
import { openedByPassword } from '#test/support/opened-enrollment.ts';
import { thrownBy } from '#test/support/refused.ts';
import {
  current,
  makeWorld,
  organization,
  password,
  ready,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

const another = () => Secret.fromText('staple of a new battery');
const stale = 901_000;
let world: World;
let number = 0;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

function mend(dependencies: Dependencies = world.dependencies): Promise<Reconciled> {
  return reconcile(dependencies, { organization, staleAfterSeconds: 900, requestId: 'run-1' });
}

function readyKey(): Promise<Enrollment> {
  number += 1;
  return ready(world, { idempotencyKey: `leftover-${number}`, purpose: 'identity' });
}

function change({ id: enrollmentId }: Enrollment, dependencies: Dependencies = world.dependencies) {
  const asked = { enrollmentId, currentPassword: password(), newPassword: another(), requestId: 'change' };
  return changePassword(dependencies, subscriber(), asked);
}

/** An enrollment whose change of password ended in a fault at a call. */
async function cutShort(fault: Fault, at: number | string): Promise<Enrollment> {
  const enrollment = await readyKey();
  await change(enrollment, withFault(world.dependencies, fault, at).dependencies).catch(() => undefined);
  return enrollment;
}

function lockedKeysOf({ id }: Enrollment): string[] {
  const names = world.dependencies.documents.names().filter(({ kind }) => kind === 'locked-key');
  return names.map((name) => name.id).filter((name) => name.startsWith(id));
}

async function opens(enrollment: Enrollment, secret: Secret): Promise<boolean> {
  return await openedByPassword(world.dependencies, enrollment, secret).then(
    (spki) => spki === enrollment.key?.spkiSha256,
    () => false,
  );
}

describe('a change of password that crashed', () => {
  it('at any call, leaves one record of the key once it is reconciled, and one password that opens it', async () => {
    const { dependencies, calls } = withFault(world.dependencies);
    await change(await readyKey(), dependencies);
    for (let at = 1; at <= calls.length; at += 1) {
      const enrollment = await cutShort('crash', at);
      world.dependencies.clock.advance(stale);
      expect((await mend()).failed).toEqual([]);
      const stands = await current(world, enrollment);
      expect([at, lockedKeysOf(enrollment)]).toEqual([at, [stands.key?.lockedKeyId]]);
      expect([stands.pendingLock, stands.superseded]).toEqual([undefined, undefined]);
      expect([await opens(stands, password()), await opens(stands, another())].sort()).toEqual([false, true]);
    }
  });

  it('is mended once, and that is recorded', async () => {
    const enrollment = await cutShort('crash', 'documents.get');
    expect((await current(world, enrollment)).pendingLock).toBeUndefined();
    const dead = await cutShort('crash', 'documents.put');
    world.dependencies.clock.advance(stale);
    expect((await mend()).discarded).toEqual([dead.id]);
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      ...{ action: 'discard-superseded', organization, principal: 'service', enrollmentId: dead.id },
      ...{ requestId: 'run-1', outcome: 'done' },
    });
    expect((await mend()).discarded).toEqual([]);
  });

  it('is left alone while it may be at work', async () => {
    const enrollment = await cutShort('crash', 'documents.put');
    world.dependencies.clock.advance(stale - 2_000);
    expect((await mend()).discarded).toEqual([]);
    expect((await current(world, enrollment)).pendingLock).toBeDefined();
  });

  it('can end no more once its record was discarded', async () => {
    const enrollment = await readyKey();
    const { documents } = world.dependencies;
    const put = documents.put.bind(documents);
    // While the record is written, the clock leaps: the change is taken for dead.
    documents.put = async (name, bytes) => {
      await put(name, bytes);
      documents.put = put;
      world.dependencies.clock.advance(stale);
      await mend();
    };
    expect(await thrownBy(() => change(enrollment))).toMatchObject({ code: 'version-conflict' });
    const stands = await current(world, enrollment);
    expect(lockedKeysOf(enrollment)).toEqual([stands.key?.lockedKeyId]);
    expect(await opens(stands, password())).toBe(true);
  });

  it('whose mending fails does not keep the others from it', async () => {
    const dead = [await cutShort('crash', 'documents.put'), await cutShort('crash', 'documents.put')];
    world.dependencies.clock.advance(stale);
    const { failed, discarded } = await mend(
      withFault(world.dependencies, 'before', 'documents.discard').dependencies,
    );
    expect([failed.length, discarded.length]).toEqual([1, 1]);
    expect([...failed, ...discarded].sort()).toEqual(dead.map(({ id }) => id).sort());
    expect((await mend()).discarded).toEqual(failed);
  });
});

it('what a destruction left over is discarded, whatever was tried before', async () => {
  const enrollment = await readyKey();
  await thrownBy(() =>
    changePassword(world.dependencies, subscriber(), {
      ...{ enrollmentId: enrollment.id, currentPassword: wrongPassword(), newPassword: another() },
      requestId: 'wrong',
    }),
  );
  const authTime = world.dependencies.clock.now().getTime() / 1_000;
  const { dependencies } = withFault(world.dependencies, 'before', 'documents.discard');
  const destruction = { enrollmentId: enrollment.id, confirm: enrollment.id, requestId: 'destroy' };
  await destroyEnrollment(dependencies, subscriber('ada', authTime), destruction);
  expect(lockedKeysOf(enrollment)).toHaveLength(1);
  world.dependencies.clock.advance(stale);
  expect((await mend()).discarded).toEqual([enrollment.id]);
  expect(lockedKeysOf(enrollment)).toEqual([]);
});
