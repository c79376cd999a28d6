import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canaryOrganization, canaryRequest } from '#domain/canary.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { Secret } from '#domain/secret.ts';
import { checkCanaries } from '#lambdas/check-canaries/check-canaries.ts';
import { requestCanary } from '#lambdas/check-canaries/request-canary.ts';
import { startCanaryCheck } from '#lambdas/check-canaries/start-canary-check.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import { notifySubscriber } from '#lambdas/notify-subscriber/notify-subscriber.ts';
import { requestEnrollment, requestEnrollmentAs } from '#lambdas/request-enrollment/request-enrollment.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { withFault } from '#test/support/faults.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import { administrator, makeWorld, organization, requestData, type World } from '#test/support/world.ts';

let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const day = 86_400_000;

async function taken(consumer: string): Promise<CloudEvent[]> {
  const messages = await world.queues.receive(consumer, 10, 60);
  for (const message of messages) await world.queues.acknowledge(message);
  return messages.map(({ event }) => event);
}

/** Does what events set to work, as far as the canary's key pair. */
async function work(): Promise<void> {
  const { dependencies, outbox } = world;
  for (const event of await taken('request-enrollment')) await requestEnrollment(dependencies, event);
  for (const { position, event } of await outbox.pending(1_000)) {
    await dependencies.events.publish(event);
    await outbox.published(position);
  }
  for (const event of await taken('make-encryption-key-pair')) {
    await makeKeyPairOfAccepted(dependencies, event, 'encryption');
  }
}

async function dayWithCanary(): Promise<Enrollment> {
  await requestCanary(world.dependencies);
  await work();
  return (await canaries()).at(-1) ?? expect.unreachable('there is one now');
}

async function canaries(): Promise<Enrollment[]> {
  const { items } = await world.dependencies.registry.enrollments({
    organization: canaryOrganization,
    limit: 100,
  });
  return items.sort((one, other) => (one.requestedAt < other.requestedAt ? -1 : 1));
}

async function check(dependencies = world.dependencies) {
  await startCanaryCheck(dependencies);
  const [event] = await taken('check-canaries');
  return await checkCanaries(dependencies, event ?? expect.unreachable('it was asked for'));
}

describe('a canary', () => {
  it('is requested by an event, made and escrowed like anybody’s, and opened', async () => {
    expect(await requestCanary(world.dependencies)).toBe('first');
    await work();
    const [canary, ...others] = await canaries();
    expect(others).toEqual([]);
    expect(canary).toMatchObject({
      state: 'ready',
      purpose: 'encryption',
      lock: 'recipient',
      escrow: 'required',
    });
    expect(await check()).toEqual({ opened: [canary?.id], findings: [] });
    expect(world.dependencies.ledger.entries.at(-1)).toMatchObject({
      ...{
        action: 'check-canaries',
        organization: canaryOrganization,
        principal: 'service',
        outcome: 'done',
      },
      about: [canary?.id],
    });
  });

  it('is one a day, however often it is asked for', async () => {
    await dayWithCanary();
    expect(await requestCanary(world.dependencies)).toBe('requested');
    await work();
    expect(await canaries()).toHaveLength(1);
    world.dependencies.clock.advance(day);
    await dayWithCanary();
    expect(await canaries()).toHaveLength(2);
    expect((await check()).opened).toHaveLength(2);
  });

  it('is not asked for where no organization is set up', async () => {
    const { registry } = world.dependencies;
    const empty = {
      ...world.dependencies,
      registry: Object.assign(Object.create(registry), { organizations: async () => [canaryOrganization] }),
    };
    expect(await requestCanary(empty)).toBe('not-needed');
    expect(await taken('request-enrollment')).toEqual([]);
  });

  it('is nobody’s: no subscriber is told, and no organization sees it', async () => {
    await dayWithCanary();
    for (const { event } of await world.outbox.pending(100)) await world.dependencies.events.publish(event);
    const events = await taken('notify-subscriber');
    expect(events.map(({ type }) => type)).toEqual(['EnrollmentKeyPairCreated']);
    for (const event of events) await notifySubscriber(world.dependencies, event);
    expect(world.dependencies.notifier.notices).toEqual([]);
    const { items } = await world.dependencies.registry.enrollments({ organization, limit: 100 });
    expect(items).toEqual([]);
  });
});

describe("the canaries' organization", () => {
  it('cannot be set up by anybody', async () => {
    const impostor = { ...administrator, organization: canaryOrganization };
    const setUp = { name: 'C', contact: 'c', recoveryKey: {}, policy: {} };
    const error = await thrownBy(() => setUpOrganization(world.dependencies, impostor, setUp as never));
    expect(error).toMatchObject({ code: 'invalid-input', details: { field: 'organization' } });
  });

  it('is not another’s to ask for: neither by an event nor directly', async () => {
    await dayWithCanary();
    const day = { organization: canaryOrganization, idempotencyKey: 'canary-2026-01-05' };
    const data = requestData({ ...day, ...canaryRequest });
    const event = {
      specversion: '1.0',
      id: 'e',
      source: `/organizations/${organization}`,
      type: 'EnrollmentRequested',
      time: 't',
      datacontenttype: 'application/json',
      data,
    } as const;
    await expectRefused(world, 'not-found', () => requestEnrollment(world.dependencies, event));
    const workflow = { organization, subject: 'w', roles: ['enrollment-workflow'] } as const;
    await expectRefused(world, 'not-found', () =>
      requestEnrollmentAs(world.dependencies, workflow, { data, requestId: 'r' }),
    );
  });

  it.each([
    ['purpose', { purpose: 'identity' }],
    ['keySpec', { keySpec: 'RSA_4096' }],
    // It would be refused by policy, and so look as if no canary could be.
    ['assurance', { assurance: 'medium-hardware' }],
    ['lock', { lock: 'held' }],
    ['idempotencyKey', { idempotencyKey: 'another' }],
  ])('takes no other request from whoever can put one on the bus: another %s', async (field, change) => {
    await dayWithCanary();
    const own = { organization: canaryOrganization, idempotencyKey: 'canary-2026-01-04', ...canaryRequest };
    const event = {
      specversion: '1.0',
      id: 'e',
      source: `/organizations/${canaryOrganization}/workflow`,
      type: 'EnrollmentRequested',
      time: 't',
      datacontenttype: 'application/json',
      data: requestData({ ...own, ...change }),
    } as const;
    const error = await thrownBy(() => requestEnrollment(world.dependencies, event));
    expect(error).toMatchObject({ code: 'invalid-input', details: { field } });
  });

  it('is not set up anew under another secret, whose key would open nothing of before', async () => {
    await dayWithCanary();
    const canarySecret = {
      read: async () => Secret.fromText('another that is obviously a test: 0123456789'),
    };
    const error = await thrownBy(() => requestCanary({ ...world.dependencies, canarySecret }));
    expect(error.code).toBe('key-not-found');
  });
});

describe('what is found wrong', () => {
  async function findings(dependencies = world.dependencies) {
    return (await check(dependencies)).findings;
  }

  it('is a canary that nobody asked for lately', async () => {
    await dayWithCanary();
    world.dependencies.clock.advance(2 * day);
    expect(await findings()).toEqual([{ organization: canaryOrganization, code: 'canary-overdue' }]);
    expect(world.dependencies.ledger.entries.at(-2)).toMatchObject({
      action: 'check-canary',
      outcome: 'failed',
    });
  });

  it('is a canary that is not ready in time', async () => {
    await dayWithCanary();
    world.dependencies.clock.advance(day);
    await requestCanary(world.dependencies);
    for (const event of await taken('request-enrollment')) await requestEnrollment(world.dependencies, event);
    expect(await findings()).toEqual([]);
    world.dependencies.clock.advance(1.2 * day);
    const [, late] = await canaries();
    expect(await findings()).toEqual([
      { organization: canaryOrganization, code: 'canary-overdue' },
      { organization: canaryOrganization, enrollmentId: late?.id, code: 'canary-overdue' },
    ]);
  });

  it.each([
    ['damaged', 'object-damaged', (name: string) => world.dependencies.vault.damage(name)],
    ['gone', 'object-missing', (name: string) => world.dependencies.vault.lose(name)],
  ] as [string, ErrorCode, (name: string) => void][])(
    'is a backup that is %s, and the others are opened',
    async (_what, code, spoil) => {
      const first = await dayWithCanary();
      world.dependencies.clock.advance(day);
      const second = await dayWithCanary();
      const objectName = activeBackup(first)?.objectName ?? '';
      spoil(objectName);
      expect(await check()).toEqual({
        opened: [second.id],
        findings: [{ organization: canaryOrganization, enrollmentId: first.id, code, objectName }],
      });
    },
  );

  it('is a passphrase that is gone, or sealed to another key', async () => {
    const canary = await dayWithCanary();
    const canarySecret = {
      read: async () => Secret.fromText('another that is obviously a test: 0123456789'),
    };
    expect(await findings({ ...world.dependencies, canarySecret })).toMatchObject([
      { code: 'sealed-passphrase-invalid' },
    ]);
    const id = activeBackup(canary)?.sealedPassphraseId ?? '';
    await world.dependencies.documents.discard({
      kind: 'sealed-passphrase',
      organization: canaryOrganization,
      id,
    });
    expect(await findings()).toMatchObject([{ enrollmentId: canary.id, code: 'object-missing' }]);
  });

  it('is a record that names another key', async () => {
    const canary = await dayWithCanary();
    const key = canary.key && { ...canary.key, spkiSha256: '0'.repeat(64) };
    const changed = { ...canary, key, version: canary.version + 1, events: [] } as Enrollment;
    await world.dependencies.registry.replace(changed, { version: canary.version });
    expect(await findings()).toMatchObject([{ code: 'proof-failed' }]);
  });

  it('is not what custody cannot do', async () => {
    const { exportableKeys: _, ...keys } = world.dependencies.keys;
    const incapable = {
      ...world.dependencies,
      keys: {
        ...keys,
        receiptKey: () => world.dependencies.keys.receiptKey(),
        signReceipt: (message: Uint8Array) => world.dependencies.keys.signReceipt(message),
        mac: (message: Uint8Array) => world.dependencies.keys.mac(message),
        custody: 'software' as const,
      },
    };
    for (let count = 1; count <= 2; count += 1) {
      await requestCanary(incapable);
      for (const event of await taken('request-enrollment')) await requestEnrollment(incapable, event);
      world.dependencies.clock.advance(day);
    }
    expect((await canaries()).map(({ state }) => state)).toEqual(['refused', 'refused']);
    expect(await check()).toEqual({ opened: [], findings: [] });
  });

  it('is tried again as a whole where the canaries cannot be listed', async () => {
    await dayWithCanary();
    const { dependencies } = withFault(world.dependencies, 'before', 'registry.enrollments');
    expect((await thrownBy(() => check(dependencies))).code).toBe('store-unavailable');
  });
});
