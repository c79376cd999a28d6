import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconcileAll } from '#local/reconcile-all.ts';
import { createLogger } from '#runtime/log.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { organizationRecord } from '#test/contract/records.ts';
import { withFault } from '#test/support/faults.ts';
import { thrownBy } from '#test/support/refused.ts';
import { current, makeWorld, password, request, type World } from '#test/support/world.ts';

let world: World;
let opened: Date;
let logged: Record<string, unknown>[];

beforeEach(async () => {
  world = await makeWorld({ heldAllowed: true });
  opened = world.dependencies.clock.now();
  logged = [];
});
afterEach(() => world.close());

async function mendAll(dependencies: World['dependencies'] = world.dependencies): Promise<void> {
  const stream = { write: (line: string) => logged.push(JSON.parse(line)) };
  await reconcileAll(dependencies, opened, createLogger({ stream, clock: dependencies.clock }));
}

/** An enrollment whose maker died. */
async function died() {
  const enrollment = await request(world);
  const { dependencies } = withFault(world.dependencies, 'crash', 'vault.read');
  await thrownBy(() => makeKeyPair(dependencies, enrollment, password()));
  return enrollment;
}

describe('what was under way', () => {
  it('before this process opened the folder is mended at once, and that is logged', async () => {
    const dead = await died();
    world.dependencies.clock.advance(1);
    opened = world.dependencies.clock.now();
    world.dependencies.clock.advance(1);
    await mendAll();
    expect((await current(world, dead)).state).toBe('awaiting-subscriber');
    expect(logged).toMatchObject([{ message: 'reconciled', organization: 'acme', abandonedAttempts: 1 }]);
  });

  it('since then is left alone while it may be alive, and mended after that', async () => {
    const dead = await died();
    world.dependencies.clock.advance(899_000);
    await mendAll();
    expect((await current(world, dead)).state).toBe('making');
    expect(logged).toEqual([]);
    world.dependencies.clock.advance(2_000);
    await mendAll();
    expect((await current(world, dead)).state).toBe('awaiting-subscriber');
  });
});

describe('several organizations', () => {
  it('are each mended, though one fails', async () => {
    const { registry } = world.dependencies;
    await registry.create(organizationRecord('zeta'));
    await registry.create(organizationRecord('aaa'));
    const dead = await died();
    world.dependencies.clock.advance(901_000);
    await mendAll(withFault(world.dependencies, 'before', 'vault.list').dependencies);
    expect(logged.map(({ message, organization }) => [message, organization])).toEqual([
      ['schedule-failed', 'aaa'],
      ['reconciled', 'acme'],
    ]);
    expect((await current(world, dead)).state).toBe('awaiting-subscriber');
  });
});
