import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import type { RouteName } from '#contract/routes.ts';
import { type Consumer, subscriptions } from '#contract/subscriptions.ts';
import { canaryOrganization } from '#domain/canary.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Role } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { applyPolicy } from '#lambdas/apply-policy/apply-policy.ts';
import { changePassword } from '#lambdas/change-password/change-password.ts';
import { checkBackups } from '#lambdas/check-backups/check-backups.ts';
import { checkCanaries } from '#lambdas/check-canaries/check-canaries.ts';
import { requestCanary } from '#lambdas/check-canaries/request-canary.ts';
import { deliverWebhook } from '#lambdas/deliver-webhook/deliver-webhook.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import { discardSupersededOf } from '#lambdas/discard-superseded/discard-superseded.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { fanOutWebhooks } from '#lambdas/fan-out-webhooks/fan-out-webhooks.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import { makeKeyPairWithPassword } from '#lambdas/make-key-pair/make-key-pair-with-password.ts';
import { notifySubscriber } from '#lambdas/notify-subscriber/notify-subscriber.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import { registerWebhook } from '#lambdas/register-webhook/register-webhook.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { type ApiWorld, makeApiWorld } from '#test/support/api.ts';
import { furnish, propose, type Records, routeNames, sensibleRequests } from '#test/support/api-requests.ts';
import { withFault } from '#test/support/faults.ts';
import { Watch } from '#test/support/lasting.ts';
import { ownPolicy } from '#test/support/own-policy.ts';
import { decideBy } from '#test/support/policies.ts';
import {
  administrator,
  current,
  makeWorld,
  organization,
  password,
  ready,
  request,
  requested,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

// A process may end after any call. Where something lasts then that nothing in the ledger tells of, it was recorded too late.

const everybody: Role[] = ['subscriber', 'enrollment-workflow', 'recovery-official', 'administrator'];
/** What is handed out by these leaves with its entry, though nothing else changes. */
const handingOut: readonly RouteName[] = ['readCsr', 'readDossier'];
/** These change something, each as it is asked here. */
const changing: readonly RouteName[] = [
  'requestEnrollment',
  'requestEnrollments',
  'setPassword',
  'changePassword',
  'unlockEnrollment',
  'destroyEnrollment',
  'exportCopy',
  'changeSettings',
  'approvePolicy',
  'withdrawProposal',
  'proposePolicy',
  'publishEvents',
  'registerWebhook',
  'removeWebhook',
  'rotateWebhookSecret',
  'redriveDeadLetter',
];
/** One proposal is as good as one of these. */
const decidingOnProposal: readonly RouteName[] = ['approvePolicy', 'withdrawProposal'];

describe('a request to the API', () => {
  let api: ApiWorld;
  let watch: Watch;
  let given: Records;
  beforeAll(async () => {
    watch = new Watch(() => api.world);
    api = await makeApiWorld({ change: (dependencies) => watch.over(dependencies) });
    given = await furnish(api);
  });
  afterAll(() => api.close());

  async function ask(name: RouteName) {
    given = { ...given, version: await versionOf(api) };
    if (decidingOnProposal.includes(name)) given = { ...given, proposal: await propose(api) };
    // Nobody unlocks an own enrollment, and there is nothing to unlock where it is not locked.
    const subject = name === 'unlockEnrollment' ? 'olga' : 'ada';
    if (name === 'unlockEnrollment') await lock(api, given.ready);
    const token = await api.as(everybody, { authTime: 'now', subject });
    const { method, target, status, ...sent } = sensibleRequests(given)[name];
    const where = target.replace('0'.repeat(64), given.proposal);
    const body = name === 'changeSettings' ? { name: 'Acme Limited' } : sent.body;
    return {
      status,
      send: () => api.call(method, where, { ...sent, ...(body !== undefined && { body }), token }),
    };
  }

  it.each(routeNames)(
    'leaves nothing unrecorded, and does nothing that cannot be recorded: %s',
    async (name) => {
      const { status, send } = await ask(name);
      await watch.begin({ isDeaf: true });
      const deaf = await send();
      expect(await watch.hasChanged()).toBe(false);
      await watch.begin({ isDeaf: false });
      const answer = await send();
      expect(answer.status, answer.text).toBe(status);
      expect(watch.unrecorded).toEqual([]);
      expect(await watch.hasChanged()).toBe(changing.includes(name));
      if (![...changing, ...handingOut].includes(name)) return;
      // Several requests at once are answered one by one.
      if (name !== 'requestEnrollments') expect(deaf.status).toBeGreaterThanOrEqual(500);
      expect(watch.recorded().map(({ outcome }) => outcome)).toContain('done');
    },
  );
});

async function versionOf({ world }: ApiWorld): Promise<number> {
  return (await loadOrganization(world.dependencies, organization)).version;
}

describe('a refusal that an event tells of', () => {
  let world: World;
  let watch: Watch;
  beforeEach(async () => {
    world = await makeWorld();
    watch = new Watch(() => world);
  });
  afterEach(() => world.close());

  const exportWith = (enrollmentId: string, secret: Secret) => (dependencies: Dependencies) => {
    const unlocking = { password: secret };
    const wish = { enrollmentId, unlocking, pfxPassword: 'generated', requestId: 'export' } as const;
    return exportCopy(dependencies, subscriber(), wish);
  };
  const refusals: Readonly<
    Record<string, (world: World) => Promise<(dependencies: Dependencies) => unknown>>
  > = {
    'of a copy': async () => {
      const { id } = await ready(world);
      await decideBy(world.dependencies, organization, ownPolicy('a'));
      return exportWith(id, password());
    },
    'of the tenth wrong password, at an export': async () => {
      const { id } = await ready(world);
      await tried(world, id, 9);
      return exportWith(id, wrongPassword());
    },
    'of the hundredth, at a change of the password': async () => {
      const { id: enrollmentId } = await ready(world);
      await tried(world, enrollmentId, 5, 99);
      const [currentPassword, newPassword] = [wrongPassword(), Secret.fromText('battery staple correct')];
      const change = { enrollmentId, currentPassword, newPassword, requestId: 'change' };
      return (dependencies) => changePassword(dependencies, subscriber(), change);
    },
  };

  it.each(Object.entries(refusals))('is recorded first: %s', async (_name, prepare) => {
    const refused = await prepare(world);
    const dependencies = watch.over(world.dependencies);
    await watch.begin({ isDeaf: false });
    await expect(refused(dependencies)).rejects.toMatchObject({ retryable: false });
    expect([await watch.hasChanged(), watch.unrecorded]).toEqual([true, []]);
    expect(watch.recorded().map(({ outcome }) => outcome)).toEqual(['refused']);
  });

  it.each(Object.entries(refusals))('is told by none that cannot be recorded: %s', async (_name, prepare) => {
    const refused = await prepare(world);
    const dependencies = watch.over(world.dependencies);
    await watch.begin({ isDeaf: true });
    await expect(refused(dependencies)).rejects.toThrow();
    expect(await watch.hasChanged()).toBe(false);
  });
});

/** Has wrong passwords counted. */
async function tried(world: World, id: string, inARow: number, inLife = inARow): Promise<void> {
  const { version, ...rest } = await current(world, { id });
  const tries = { inARow, inLife };
  await world.dependencies.registry.replace({ ...rest, version: version + 1, tries }, { version });
}

/** Has an enrollment locked by wrong passwords. */
async function lock({ world }: ApiWorld, id: string): Promise<void> {
  await tried(world, id, 10);
}

/** What events and the clock set to work: made ready in a world, and then done. */
type Work = (world: World) => Promise<(dependencies: Dependencies) => Promise<unknown>>;

const eventOf = (type: string, data: unknown): CloudEvent => ({
  ...requested(),
  id: `of-${type}`,
  type,
  data,
});
const ofEnrollment = (type: string, { id: enrollmentId }: Enrollment) => eventOf(type, { enrollmentId });
const resident = { purpose: 'identity', assurance: 'medium-hardware' };

async function destroyedInPart(world: World): Promise<Enrollment> {
  const enrollment = await ready(world);
  const { dependencies } = withFault(world.dependencies, 'before', 'documents.discard');
  const now = world.dependencies.clock.now().getTime() / 1_000;
  const destruction = { enrollmentId: enrollment.id, confirm: enrollment.id, requestId: 'destroy' };
  return await destroyEnrollment(dependencies, subscriber('ada', now), destruction);
}

async function withWebhook(world: World) {
  const url = 'https://hooks.example.org/';
  const wish = { url, idempotencyKey: 'hook', requestId: 'hook' };
  return (await registerWebhook(world.dependencies, administrator, wish)).webhook;
}

const mend = (dependencies: Dependencies) =>
  reconcile(dependencies, { organization, staleAfterSeconds: 900, requestId: 'mend' });

const works: Readonly<Record<Consumer | `${string}:${string}`, Work>> = {
  'request-enrollment': async () => (dependencies) => requestEnrollment(dependencies, requested()),
  'request-enrollment: refused': async (world) => {
    await decideBy(world.dependencies, organization, ownPolicy('a'));
    return (dependencies) => requestEnrollment(dependencies, requested());
  },
  'make-identity-key-pair': async (world) => {
    const event = ofEnrollment('EnrollmentAccepted', await request(world, resident));
    return (dependencies) => makeKeyPairOfAccepted(dependencies, event, 'identity');
  },
  'make-encryption-key-pair': async (world) => {
    const event = ofEnrollment('EnrollmentAccepted', await request(world, { lock: 'held' }));
    return (dependencies) => makeKeyPairOfAccepted(dependencies, event, 'encryption');
  },
  'make-key-pair: under a password': async (world) => {
    const { id, purpose } = await request(world);
    const order = { enrollment: { organization, id, purpose }, password: password(), requestId: 'make' };
    return (dependencies) => makeKeyPairWithPassword(dependencies, order, 'encryption');
  },
  'notify-subscriber': async (world) => {
    const event = ofEnrollment('SubscriberSignInAwaited', await request(world));
    return (dependencies) => notifySubscriber(dependencies, event);
  },
  'discard-superseded': async (world) => {
    const event = ofEnrollment('EnrollmentDestroyed', await destroyedInPart(world));
    return (dependencies) => discardSupersededOf(dependencies, event);
  },
  'fan-out-webhooks': async (world) => {
    await withWebhook(world);
    const event = ofEnrollment('EnrollmentDestroyed', await request(world));
    return (dependencies) => fanOutWebhooks(dependencies, event);
  },
  'deliver-webhook': async (world) => {
    const { id: webhookId } = await withWebhook(world);
    world.dependencies.webhooks.answer = () => ({ status: 410 });
    const event = ofEnrollment('EnrollmentDestroyed', await request(world));
    const order = eventOf('WebhookDeliveryRequested', { webhookId, event });
    return (dependencies) => deliverWebhook(dependencies, order);
  },
  'check-backups': async (world) => {
    await ready(world);
    return (dependencies) => checkBackups(dependencies, eventOf('BackupCheckDue', { organization }));
  },
  'check-canaries': async (world) => {
    await requestCanary(world.dependencies);
    const event = { ...eventOf('CanaryCheckDue', {}), source: eventSource(canaryOrganization) };
    return (dependencies) => checkCanaries(dependencies, event);
  },
  'check-canaries: set up': async () => (dependencies) => requestCanary(dependencies),
  'apply-policy': async (world) => {
    await request(world);
    await ready(world, { idempotencyKey: 'made', purpose: 'identity' });
    await decideBy(world.dependencies, organization, ownPolicy('a'));
    const { policy } = await loadOrganization(world.dependencies, organization);
    return (dependencies) =>
      applyPolicy(
        dependencies,
        eventOf('PolicyPublished', { version: policy.version, document: '0'.repeat(64) }),
      );
  },
  'reconcile: a dead attempt': async (world) => {
    const { dependencies } = withFault(world.dependencies, 'crash', 'vault.put');
    await makeKeyPair(dependencies, await request(world, { lock: 'held' })).catch(() => undefined);
    world.dependencies.clock.advance(3_600_000);
    return mend;
  },
  'reconcile: what was superseded': async (world) => {
    await destroyedInPart(world);
    world.dependencies.clock.advance(3_600_000);
    return mend;
  },
  'reconcile: a backup of nobody': async (world) => {
    const enrollment = await request(world);
    const { vault, clock } = world.dependencies;
    const until = new Date(clock.now().getTime() + 1_000);
    await vault.put(`${organization}/${enrollment.id}/att_gone.pfx`, new Uint8Array(8), until);
    clock.advance(60_000);
    return mend;
  },
  'set-up-organization: from the command line': async (world) => {
    const { recoveryKey } = await loadOrganization(world.dependencies, organization);
    const { kid: _, ...publicKey } = recoveryKey;
    const setUp = { name: 'Beta', contact: 'help@beta.example', recoveryKey: publicKey };
    return (dependencies) =>
      setUpOrganization(dependencies, { ...administrator, organization: 'beta' }, setUp);
  },
};

/** These only look, or hand on what is recorded where it is done. */
const looking: readonly string[] = ['fan-out-webhooks', 'check-backups', 'check-canaries'];

describe('what events and the clock set to work', () => {
  let world: World;
  let watch: Watch;
  beforeEach(async () => {
    world = await makeWorld({ heldAllowed: true });
    watch = new Watch(() => world);
  });
  afterEach(() => world.close());

  it.each(Object.entries(works))(
    'leaves nothing unrecorded, and does nothing that cannot be recorded: %s',
    async (name, prepare) => {
      const work = await prepare(world);
      const dependencies = watch.over(world.dependencies);
      await watch.begin({ isDeaf: true });
      await work(dependencies).catch(() => undefined);
      expect(await watch.hasChanged()).toBe(false);
      await watch.begin({ isDeaf: false });
      await work(dependencies);
      expect(watch.unrecorded).toEqual([]);
      expect(await watch.hasChanged()).toBe(!looking.includes(name));
    },
  );

  it('is tried of each consumer, and of each use case that records', () => {
    const tried = Object.keys(works).map((name) => name.split(':')[0]);
    expect(tried).toEqual(expect.arrayContaining(Object.keys(subscriptions)));
    const routes = routeNames.map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    const recording = readdirSync('lambdas').filter((folder) =>
      readdirSync(join('lambdas', folder)).some((file) =>
        /\brecorded\(/.test(readFileSync(join('lambdas', folder, file), 'utf8')),
      ),
    );
    expect([...tried, ...routes]).toEqual(expect.arrayContaining(recording));
  });
});
