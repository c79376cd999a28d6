import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import { makeDueEscrow } from '#steps/make-due-escrow.ts';
import { present } from '#test/support/demo.ts';
import { keysWithEscrowDue } from '#test/support/escrow-due.ts';
import { type Fault, withFault } from '#test/support/faults.ts';
import { listedNames } from '#test/support/listed.ts';
import { openedByRecovery } from '#test/support/opened-enrollment.ts';
import { thrownBy } from '#test/support/refused.ts';
import { current, makeWorld, organization, type World } from '#test/support/world.ts';

// Held keys: what opens them takes no time, and every call of what follows is tried.
const held = { lock: 'held' };
const policy = { heldAllowed: true };

let world: World;
let calls: readonly string[];

beforeAll(async () => {
  world = await makeWorld(policy);
  const { dependencies, calls: made } = withFault(world.dependencies);
  const [enrollment] = await keysWithEscrowDue(world, [held], policy);
  await make(present(enrollment), dependencies);
  calls = [...made];
});
afterAll(() => world.close());

function make({ id }: Enrollment, dependencies: Parameters<typeof makeDueEscrow>[0] = world.dependencies) {
  const due = { enrollment: { organization, id }, unlocking: { held: true }, requestId: 'r-1' } as const;
  return makeDueEscrow(dependencies, due);
}

/** One key for each call that may fail. */
async function oneForEach(): Promise<Enrollment[]> {
  return await keysWithEscrowDue(
    world,
    calls.map(() => held),
    policy,
  );
}

/** What stands outside the record of what an attempt writes. */
async function writtenFor({ id }: Enrollment) {
  const kinds = world.dependencies.documents
    .names()
    .filter((name) => name.id.startsWith(id) && ['sealed-passphrase', 'receipt'].includes(name.kind));
  return { documents: kinds, objects: await listedNames(world.dependencies.vault, `${organization}/${id}/`) };
}

async function expectEscrowed(enrollment: Enrollment): Promise<void> {
  const backup = present(activeBackup(enrollment));
  expect(enrollment.backups).toEqual([backup]);
  expect([enrollment.escrowing, enrollment.escrowDue, enrollment.escrow]).toEqual([
    undefined,
    undefined,
    'required',
  ]);
  const { documents, objects } = await writtenFor(enrollment);
  expect(new Set(documents.map(({ id }) => id))).toEqual(new Set([backup.receiptId]));
  expect(objects).toContain(backup.objectName);
  const opened = await openedByRecovery(world.dependencies, enrollment, backup, world.recoveryPrivateKey);
  expect(opened.spkiSha256).toBe(enrollment.key?.spkiSha256);
}

/** The key is as it was, its escrow due, and nothing says that there is a backup. */
async function expectStillDue(before: Enrollment): Promise<void> {
  const { version: _, events: __, ...stands } = await current(world, before);
  expect(stands).toMatchObject({ state: 'ready', escrow: 'forbidden', backups: [], key: before.key });
  expect(stands.escrowDue).toEqual(before.escrowDue);
  expect(stands.escrowing).toBeUndefined();
  expect((await writtenFor(before)).documents).toEqual([]);
}

async function makeWith(fault: Fault, at: number, enrollment: Enrollment) {
  const { dependencies } = withFault(world.dependencies, fault, at);
  return await make(enrollment, dependencies).catch(() => undefined);
}

describe('making an escrow that became due', () => {
  it('names its attempt before it writes anything, and makes it count by the last write', () => {
    const start = calls.indexOf('registry.replace');
    expect(calls.indexOf('vault.put')).toBeGreaterThan(start);
    expect(calls.indexOf('documents.put')).toBeGreaterThan(start);
    expect(calls.filter((name) => name === 'registry.replace')).toHaveLength(2);
    expect(calls.lastIndexOf('registry.replace')).toBe(calls.length - 1);
  });

  it.each(['before', 'answer-lost'] as Fault[])(
    'is done or undone, and nothing between, where any call fails (%s), and succeeds when repeated',
    async (fault) => {
      for (const [index, enrollment] of (await oneForEach()).entries()) {
        const made = await makeWith(fault, index + 1, enrollment);
        if (made === undefined) await expectStillDue(enrollment);
        else expect([calls[index], fault]).toEqual(['registry.replace', 'answer-lost']);
        await expectEscrowed(await make(enrollment));
      }
    },
  );

  it('that dies at any call is taken back by the reconciler, and can be repeated', async () => {
    const keys = await oneForEach();
    for (const [index, enrollment] of keys.entries()) await makeWith('crash', index + 1, enrollment);
    for (const enrollment of keys) expect(activeBackup(await current(world, enrollment))).toBeUndefined();
    const request = { organization, staleAfterSeconds: 900, requestId: 'reconcile' };
    expect((await reconcile(world.dependencies, request)).discarded).toEqual([]);
    world.dependencies.clock.advance(901_000);
    const { discarded, failed } = await reconcile(world.dependencies, request);
    expect(failed).toEqual([]);
    expect(discarded.length).toBeGreaterThan(8);
    for (const enrollment of keys) {
      await expectStillDue(enrollment);
      await expectEscrowed(await make(enrollment));
    }
    expect((await reconcile(world.dependencies, request)).discarded).toEqual([]);
  });

  it('that died is taken back by the next request, once a minute has passed', async () => {
    const [enrollment] = await keysWithEscrowDue(world, [held], policy);
    const dead = present(enrollment);
    await makeWith('crash', calls.indexOf('vault.put') + 2, dead);
    const { code, retryable } = await thrownBy(() => make(dead));
    expect([code, retryable]).toEqual(['escrow-in-progress', true]);
    world.dependencies.clock.advance(61_000);
    await expectEscrowed(await make(dead));
  });

  it('whose taking back dies is taken back at once by whoever comes next', async () => {
    const [enrollment] = await keysWithEscrowDue(world, [held], policy);
    const dead = present(enrollment);
    await makeWith('crash', calls.lastIndexOf('registry.replace'), dead);
    world.dependencies.clock.advance(61_000);
    const { dependencies } = withFault(world.dependencies, 'crash', 'documents.discard');
    await thrownBy(() => make(dead, dependencies));
    expect((await current(world, dead)).escrowing).toMatchObject({ isAbandoned: true });
    await expectEscrowed(await make(dead));
  });

  it.each(['sealed-passphrase', 'receipt'])(
    'that was taken for dead after its %s was written can never count, and leaves nothing',
    async (kind) => {
      const [enrollment] = await keysWithEscrowDue(world, [held], policy);
      const slow = present(enrollment);
      const { documents, clock } = world.dependencies;
      const put = documents.put.bind(documents);
      const sleeping = {
        ...world.dependencies,
        documents: {
          get: documents.get.bind(documents),
          discard: documents.discard.bind(documents),
          put: async (...values: Parameters<typeof put>) => {
            await put(...values);
            if (values[0].kind !== kind) return;
            clock.advance(61_000);
            await make(slow);
          },
        },
      };
      const error = await thrownBy(() => make(slow, sleeping));
      expect(error).toMatchObject({ code: 'version-conflict', retryable: true });
      await expectEscrowed(await current(world, slow));
    },
  );
});

it('the object of an attempt that was taken back is removed once its lock has ended', async () => {
  const [enrollment] = await keysWithEscrowDue(world, [held], policy);
  const due = present(enrollment);
  await makeWith('before', calls.indexOf('vault.put') + 2, due);
  expect((await writtenFor(due)).objects).toHaveLength(1);
  const escrowed = await make(due);
  world.dependencies.clock.advance(2 * 86_400_000);
  const request = { organization, staleAfterSeconds: 900, requestId: 'reconcile' };
  const { removedObjects } = await reconcile(world.dependencies, request);
  expect(removedObjects).toContainEqual(expect.stringContaining(due.id));
  expect((await writtenFor(due)).objects).toEqual([present(activeBackup(escrowed)).objectName]);
});
