import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Enrollment } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import { nothingYet } from '#lambdas/reconcile/needs.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { withFault } from '#test/support/faults.ts';
import { listedNames } from '#test/support/listed.ts';
import { thrownBy } from '#test/support/refused.ts';
import {
  current,
  makeWorld,
  organization,
  password,
  ready,
  request,
  type World,
} from '#test/support/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const nothing = nothingYet();
let world: World;

beforeEach(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterEach(() => world.close());

function mend(dependencies = world.dependencies) {
  return reconcile(dependencies, { organization, staleAfterSeconds: 900, requestId: 'run-1' });
}

/** An enrollment whose maker died at a call. */
async function diedAt(call: string, change: Record<string, unknown>): Promise<Enrollment> {
  const enrollment = await request(world, change);
  const { dependencies } = withFault(world.dependencies, 'crash', call);
  await thrownBy(() => makeKeyPair(dependencies, enrollment, password()));
  const stands = await current(world, enrollment);
  expect(stands.state).toBe('making');
  return stands;
}

function documentsOf({ id }: Enrollment): string[] {
  return world.dependencies.documents
    .names()
    .filter((name) => name.id.startsWith(id))
    .map(({ kind }) => kind);
}

async function objects(): Promise<string[]> {
  return await listedNames(world.dependencies.vault, `${organization}/`);
}

describe('nothing to mend', () => {
  it('is left as it is', async () => {
    const enrollments = [await ready(world), await request(world, { idempotencyKey: 'waits' })];
    world.dependencies.clock.advance(2 * day);
    expect(await mend()).toEqual(nothing);
    for (const enrollment of enrollments) expect(await current(world, enrollment)).toEqual(enrollment);
    expect((await objects()).length).toBe(1);
  });
});

describe('a dead attempt', () => {
  it('is abandoned once it is stale, and the subscriber can set a password again', async () => {
    const dead = await diedAt('vault.read', {});
    world.dependencies.clock.advance(16 * minute);
    const [orphan = ''] = await objects();
    expect(await mend()).toEqual({ ...nothing, abandonedAttempts: [dead.id], orphanedObjects: [orphan] });
    const after = await current(world, dead);
    expect(after).toMatchObject({ state: 'awaiting-subscriber', backups: [] });
    expect(documentsOf(dead)).toEqual([]);
    expect(await makeKeyPair(world.dependencies, after, password())).toMatchObject({ state: 'ready' });
  });

  it('that cannot be abandoned now does not keep the others from it, and is abandoned the next time', async () => {
    const dead = [await diedAt('vault.read', {}), await diedAt('vault.read', { idempotencyKey: 'second' })];
    const [first, second] = dead.map(({ id }) => id).sort();
    world.dependencies.clock.advance(16 * minute);
    const { dependencies } = withFault(world.dependencies, 'before', 'documents.discard');
    expect(await mend(dependencies)).toMatchObject({ abandonedAttempts: [second], failed: [first] });
    expect(world.dependencies.ledger.entries.at(-2)).toMatchObject({
      action: 'abandon-attempt',
      enrollmentId: first,
      outcome: 'failed',
    });
    expect(await mend()).toMatchObject({ abandonedAttempts: [first], failed: [] });
  });

  it('is recorded as abandoned', async () => {
    const dead = await diedAt('vault.read', {});
    world.dependencies.clock.advance(16 * minute);
    await mend();
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'abandon-attempt',
      organization,
      principal: 'service',
      enrollmentId: dead.id,
      requestId: 'run-1',
      outcome: 'done',
    });
  });

  it('that is young is left to finish', async () => {
    const young = await diedAt('vault.read', {});
    world.dependencies.clock.advance(14 * minute);
    expect(await mend()).toEqual(nothing);
    expect(await current(world, young)).toEqual(young);
    expect(documentsOf(young).length).toBeGreaterThan(0);
  });

  it('that needs nobody is set to work again', async () => {
    const dead = await diedAt('vault.put', { lock: 'held' });
    world.dependencies.clock.advance(16 * minute);
    expect(await mend()).toEqual({ ...nothing, abandonedAttempts: [dead.id], emittedAgain: [dead.id] });
    const [message] = await world.queues.receive('make-encryption-key-pair', 1, 60);
    expect(message?.event).toMatchObject({ type: 'KeyPairAwaited', data: { enrollmentId: dead.id } });
    // Nothing has happened that anybody outside was not told of before.
    expect(await world.queues.receive('fan-out-webhooks', 1, 60)).toEqual([]);
  });

  it('among many is found, whatever page it stands on', async () => {
    for (let number = 0; number < 205; number += 1) {
      const { id } = await request(world, { idempotencyKey: `page-${number}`, lock: 'held' });
      const record = await world.dependencies.registry.read('enrollment', organization, id);
      if (record === undefined) throw new TypeError('not there');
      const attempt = { id: `att_${number}`, startedAt: record.requestedAt, from: 'accepted' } as const;
      const making: Enrollment = { ...record, version: 2, state: 'making', attempt, events: [] };
      await world.dependencies.registry.replace(making, { version: 1, states: ['accepted'] });
    }
    world.dependencies.clock.advance(16 * minute);
    const { abandonedAttempts, emittedAgain } = await mend();
    expect(new Set(abandonedAttempts).size).toBe(205);
    expect(new Set(emittedAgain).size).toBe(205);
    expect(await mend()).toMatchObject({ abandonedAttempts: [] });
  });

  it('that somebody finished meanwhile is left to them', async () => {
    const dead = await diedAt('vault.read', { lock: 'held' });
    world.dependencies.clock.advance(16 * minute);
    const { registry } = world.dependencies;
    // What this reconciler lists is old: another has abandoned the attempt, and the key was made.
    const { items } = await registry.enrollments({ organization, limit: 10 });
    await mend();
    const made = await makeKeyPair(world.dependencies, await current(world, dead));
    const old = {
      create: registry.create.bind(registry),
      read: registry.read.bind(registry),
      replace: registry.replace.bind(registry),
      leftovers: registry.leftovers.bind(registry),
      enrollments: async ({ states }: { states?: readonly string[] }) => ({
        items: items.filter(({ state }) => states?.includes(state)),
      }),
    };
    expect(await mend({ ...world.dependencies, registry: Object.assign(old) })).toMatchObject({
      abandonedAttempts: [],
    });
    expect(await current(world, dead)).toEqual(made);
  });
});

describe('an enrollment that waits for its key', () => {
  it('is set to work again when its event was lost, once an hour', async () => {
    const waiting = await request(world, { lock: 'held' });
    world.dependencies.clock.advance(16 * minute);
    expect(await mend()).toEqual({ ...nothing, emittedAgain: [waiting.id] });
    world.dependencies.clock.advance(59 * minute);
    expect((await mend()).emittedAgain).toEqual([]);
    world.dependencies.clock.advance(minute);
    expect((await mend()).emittedAgain).toEqual([waiting.id]);
    const messages = await world.queues.receive('make-encryption-key-pair', 10, 60);
    const data = { enrollmentId: waiting.id, purpose: 'encryption' };
    expect(messages.map(({ event }) => event.data)).toEqual([data]);
  });

  it('that cannot be set to work now does not keep the rest from being mended', async () => {
    const dead = await diedAt('vault.read', {});
    const waiting = await request(world, { idempotencyKey: 'waits', lock: 'held' });
    const [orphan = ''] = await objects();
    world.dependencies.clock.advance(2 * day);
    const events = { publish: () => Promise.reject(new StoreError('store-unavailable')) };
    expect(await mend({ ...world.dependencies, events })).toEqual({
      ...nothing,
      abandonedAttempts: [dead.id],
      removedObjects: [orphan],
      failed: [waiting.id],
      waitingLong: 1,
    });
  });

  it('is left alone while its own event may still come', async () => {
    await request(world, { lock: 'held' });
    world.dependencies.clock.advance(14 * minute);
    expect(await mend()).toEqual(nothing);
    expect(await world.queues.depth()).toBe(0);
  });
});

describe('a vault object that nothing refers to', () => {
  it('is removed after its day, and no earlier; its removal is recorded', async () => {
    const dead = await diedAt('vault.read', {});
    const [orphan = ''] = await objects();
    world.dependencies.clock.advance(16 * minute);
    await mend();
    expect(await objects()).toEqual([orphan]);
    world.dependencies.clock.advance(day);
    expect(await mend()).toMatchObject({ removedObjects: [orphan] });
    expect(await objects()).toEqual([]);
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'remove-orphan',
      organization,
      principal: 'service',
      enrollmentId: dead.id,
      requestId: 'run-1',
      about: [orphan],
      outcome: 'done',
    });
  });

  it('is removed beside the active backup, which stays', async () => {
    const dead = await diedAt('vault.read', {});
    world.dependencies.clock.advance(16 * minute);
    await mend();
    const made = await makeKeyPair(world.dependencies, await current(world, dead), password());
    world.dependencies.clock.advance(2 * day);
    expect((await mend()).removedObjects.length).toBe(1);
    expect(await objects()).toEqual(made.backups.map(({ objectName }) => objectName));
  });

  it('of an attempt that still goes on is not one: it is referred to', async () => {
    const making = await diedAt('vault.read', {});
    world.dependencies.clock.advance(2 * day);
    const run = { organization, staleAfterSeconds: 10 * 24 * 3_600, requestId: 'run-1' };
    expect(await reconcile(world.dependencies, run)).toEqual(nothing);
    expect(await objects()).toEqual(making.backups.map(({ objectName }) => objectName));
  });

  it('is kept where no enrollment is known that it was of: a person must look', async () => {
    const { vault, clock } = world.dependencies;
    const name = `${organization}/enr_unknown/att_1.pfx`;
    await vault.put(name, new Uint8Array(9), clock.now());
    clock.advance(day);
    expect(await mend()).toEqual({ ...nothing, orphanedObjects: [name] });
    expect((await objects()).length).toBe(1);
  });

  it('of another organization is not touched', async () => {
    const { vault, clock } = world.dependencies;
    await vault.put('acme-2/enr_1/att_1.pfx', new Uint8Array(9), clock.now());
    clock.advance(day);
    expect(await mend()).toEqual(nothing);
    expect((await listedNames(vault, 'acme-2/')).length).toBe(1);
  });
});

describe('the reconciler', () => {
  it('may fail at any call, and be run again', async () => {
    const total = withFault(world.dependencies);
    await diedAt('vault.read', { lock: 'held', idempotencyKey: 'count' });
    world.dependencies.clock.advance(2 * day);
    await mend(total.dependencies);
    for (let at = 1; at <= total.calls.length; at += 1) {
      const dead = await diedAt('vault.read', { lock: 'held', idempotencyKey: `fails-${at}` });
      world.dependencies.clock.advance(2 * day);
      await mend(withFault(world.dependencies, 'before', at).dependencies).catch(() => undefined);
      await mend();
      expect(await current(world, dead)).toMatchObject({ state: 'accepted', backups: [] });
      expect(documentsOf(dead)).toEqual([]);
      expect((await objects()).filter((name) => name.includes(dead.id))).toEqual([]);
    }
  });
});
