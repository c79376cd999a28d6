import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { type Fault, withFault } from '#test/support/faults.ts';
import { listedNames } from '#test/support/listed.ts';
import { thrownBy } from '#test/support/refused.ts';
import { current, makeWorld, organization, password, request, type World } from '#test/support/world.ts';

const escrowed = { lock: 'held' };
const resident = { purpose: 'identity', assurance: 'medium-hardware' };

let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

function accepted(change: Record<string, unknown>): Promise<Enrollment> {
  number += 1;
  return request(world, { idempotencyKey: `fault-${number}`, ...change });
}

/** The calls that making such a key takes when nothing fails, one name each. */
async function callsOf(change: Record<string, unknown>): Promise<string[]> {
  const { dependencies, calls } = withFault(world.dependencies);
  await makeKeyPair(dependencies, await accepted(change));
  return [...calls];
}

/** Everything that stands for an enrollment outside its record. */
async function leftOf({ id }: Enrollment) {
  const { documents, vault } = world.dependencies;
  return {
    documents: documents.names().filter((name) => name.id.startsWith(id) && name.kind !== 'receipt'),
    receipts: documents.names().filter((name) => name.id.startsWith(id) && name.kind === 'receipt'),
    objects: await listedNames(vault, `${organization}/${id}/`),
  };
}

function expectUntouched(before: Enrollment, after: Enrollment): void {
  expect(after).toMatchObject({ state: before.state, backups: [] });
  expect(after.attempt).toBeUndefined();
  expect(after.key).toBeUndefined();
}

async function expectReady(enrollment: Enrollment): Promise<void> {
  expect(enrollment.state).toBe('ready');
  expect(enrollment.attempt).toBeUndefined();
  const active = enrollment.backups.filter(({ state }) => state === 'active');
  expect(enrollment.backups).toEqual(active);
  expect(active.length).toBe(enrollment.escrow === 'required' ? 1 : 0);
  const { documents, objects } = await leftOf(enrollment);
  expect(new Set(documents.map(({ id }) => id))).toEqual(new Set([enrollment.key?.csrId]));
  const backup = activeBackup(enrollment);
  if (backup !== undefined) expect(objects).toContain(backup.objectName);
}

/** Makes the key with the n-th call failing. @returns what came of it, or its error */
async function makeWith(fault: Fault, at: number, enrollment: Enrollment) {
  const { dependencies, calls } = withFault(world.dependencies, fault, at);
  const made = await makeKeyPair(dependencies, enrollment).catch(() => undefined);
  return { made, failed: calls[at - 1] };
}

describe.each([
  ['an escrowed key', escrowed],
  ['a resident key', resident],
])('making %s', (_what, change) => {
  let calls: string[];
  beforeAll(async () => {
    calls = await callsOf(change);
  });

  it('calls its ports in order: the start first, the one write that makes it count last', () => {
    const writes = calls.filter((name) => name === 'registry.replace');
    expect(writes.length).toBe(2);
    expect(calls.at(-1)).toBe('registry.replace');
    const start = calls.indexOf('registry.replace');
    const made = calls.findIndex((name) => name.endsWith('.generate'));
    expect(start).toBeGreaterThan(-1);
    expect(made).toBeGreaterThan(start);
    expect(calls.findIndex((name) => name.endsWith('.put'))).toBeGreaterThan(made);
  });

  it('leaves the enrollment as it was where any call fails, and succeeds when repeated', async () => {
    for (let at = 1; at <= calls.length; at += 1) {
      const enrollment = await accepted(change);
      const { made, failed } = await makeWith('before', at, enrollment);
      expect([at, failed, made]).toEqual([at, calls[at - 1], undefined]);
      expectUntouched(enrollment, await current(world, enrollment));
      expect(await leftOf(enrollment)).toMatchObject({ documents: [], receipts: [] });
      await expectReady(await makeKeyPair(world.dependencies, await current(world, enrollment)));
    }
  });

  it('is done or undone, and nothing between, where the answer of any call is lost', async () => {
    for (let at = 1; at <= calls.length; at += 1) {
      const enrollment = await accepted(change);
      const { made } = await makeWith('answer-lost', at, enrollment);
      const stands = await current(world, enrollment);
      expect([at, calls[at - 1], stands.state]).toEqual([at, calls[at - 1], made?.state ?? enrollment.state]);
      if (made === undefined) {
        expectUntouched(enrollment, stands);
        expect(await leftOf(enrollment)).toMatchObject({ documents: [], receipts: [] });
        await expectReady(await makeKeyPair(world.dependencies, stands));
      } else {
        // Whether a write of its record stands, that record tells.
        expect(calls[at - 1]).toBe('registry.replace');
        await expectReady(stands);
      }
    }
  });

  it('that dies at any call is abandoned by the reconciler, and can be repeated', async () => {
    const dead: Enrollment[] = [];
    for (let at = 1; at <= calls.length; at += 1) {
      const enrollment = await accepted(change);
      await makeWith('crash', at, enrollment);
      const stands = await current(world, enrollment);
      expect(['accepted', 'making']).toContain(stands.state);
      expect(stands.key).toBeUndefined();
      dead.push(enrollment);
    }
    world.dependencies.clock.advance(3_600_000);
    await reconcile(world.dependencies, { organization, staleAfterSeconds: 900, requestId: 'reconcile' });
    for (const enrollment of dead) {
      const stands = await current(world, enrollment);
      expectUntouched(enrollment, stands);
      expect((await leftOf(enrollment)).documents).toEqual([]);
      await expectReady(await makeKeyPair(world.dependencies, stands));
    }
  });
});

describe('a lost answer of the last write', () => {
  it('ends ready, with exactly one active backup, and the caller is told so', async () => {
    const total = (await callsOf(escrowed)).length;
    const enrollment = await accepted(escrowed);
    const { made } = await makeWith('answer-lost', total, enrollment);
    expect(made).toEqual(await current(world, enrollment));
    expect(made?.state).toBe('ready');
    expect(made?.backups.map(({ state }) => state)).toEqual(['active']);
  });
});

describe('two who make the same key at once', () => {
  it('make one: the other is told that it is in progress', async () => {
    const enrollment = await request(world, { idempotencyKey: 'race' });
    const results = await Promise.allSettled([
      makeKeyPair(world.dependencies, enrollment, password()),
      makeKeyPair(world.dependencies, enrollment, password()),
    ]);
    const codes = results.map((result) => (result.status === 'fulfilled' ? 'made' : result.reason.code));
    expect(codes.sort()).toEqual(['made', 'making-in-progress']);
    await expectReady(await current(world, enrollment));
  });
});

describe('an attempt that was given up by another while it worked', () => {
  it.each(['locked-key', 'csr', 'receipt'])(
    'does not become the key, after its %s was written: its caller may repeat',
    async (kind) => {
      const enrollment = await accepted(escrowed);
      const { dependencies } = world;
      const stealing = {
        ...dependencies,
        documents: {
          get: dependencies.documents.get.bind(dependencies.documents),
          discard: dependencies.documents.discard.bind(dependencies.documents),
          put: async (...values: Parameters<typeof dependencies.documents.put>) => {
            await dependencies.documents.put(...values);
            if (values[0].kind !== kind) return;
            dependencies.clock.advance(3_600_000);
            await reconcile(dependencies, { organization, staleAfterSeconds: 900, requestId: 'early' });
          },
        },
      };
      const error = await thrownBy(() => makeKeyPair(stealing, enrollment));
      expect(error).toMatchObject({ code: 'version-conflict', retryable: true });
      const stands = await current(world, enrollment);
      expectUntouched(enrollment, stands);
      expect((await leftOf(enrollment)).documents).toEqual([]);
      await expectReady(await makeKeyPair(dependencies, stands));
    },
  );
});
