import { Webhook as Verifier } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpWebhookSender } from '#adapters/webhooks/http-webhook-sender.ts';
import { StoreError } from '#domain/errors.ts';
import { deliverWebhook } from '#lambdas/deliver-webhook/deliver-webhook.ts';
import { fanOutWebhooks } from '#lambdas/fan-out-webhooks/fan-out-webhooks.ts';
import { listWebhooks } from '#lambdas/list-webhooks/list-webhooks.ts';
import { registerWebhook } from '#lambdas/register-webhook/register-webhook.ts';
import { removeWebhook } from '#lambdas/remove-webhook/remove-webhook.ts';
import { rotateWebhookSecret } from '#lambdas/rotate-webhook-secret/rotate-webhook-secret.ts';
import { Dispatcher } from '#local/dispatcher.ts';
import type { CloudEvent, EventBus } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { enrollmentRecord, nextVersion } from '#test/contract/records.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { LeapingQueues } from '#test/support/leaping-queues.ts';
import {
  type Answering,
  hanging,
  type Received,
  type Receiver,
  startReceiver,
  status,
} from '#test/support/receiver.ts';
import { administrator, makeWorld, organization, requested, type World } from '#test/support/world.ts';

let world: World;
let queues: LeapingQueues;
let dependencies: Dependencies;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  world = await makeWorld();
  const { clock } = world.dependencies;
  // The verifying library goes by the time of day.
  clock.advance(Date.now() - clock.now().getTime());
  queues = new LeapingQueues(world.queues, clock);
  dependencies = { ...world.dependencies, webhooks: senderWithin(5_000) };
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await world.close();
});

function senderWithin(timeoutMilliseconds: number) {
  return new HttpWebhookSender(world.dependencies.clock, {
    allowedTargets: ['127.0.0.0/8'],
    timeoutMilliseconds,
  });
}

/** Carries events to webhooks by the real use cases, and to nobody else. */
function dispatcher(bus: EventBus = dependencies.events) {
  const nothing = async () => undefined;
  const { clock } = world.dependencies;
  const handlers = {
    'request-enrollment': nothing,
    'make-identity-key-pair': nothing,
    'make-encryption-key-pair': nothing,
    'notify-subscriber': nothing,
    'discard-superseded': nothing,
    'check-backups': nothing,
    'check-canaries': nothing,
    'apply-policy': nothing,
    'fan-out-webhooks': (event: CloudEvent) => fanOutWebhooks({ ...dependencies, events: bus }, event),
    'deliver-webhook': (event: CloudEvent) => deliverWebhook(dependencies, event),
  };
  return new Dispatcher({ outbox: world.outbox, bus: dependencies.events, queues, clock, handlers });
}

async function receiver(answering?: Answering): Promise<Receiver> {
  const started = await startReceiver(answering);
  closers.push(() => started.close());
  return started;
}

async function hook({ url }: Pick<Receiver, 'url'>, types?: readonly string[]) {
  const registration = { url, idempotencyKey: url, requestId: 'r', ...(types !== undefined && { types }) };
  const { webhook, secret } = await registerWebhook(dependencies, administrator, registration);
  return { id: webhook.id, secret: secret.text() };
}

/** Three events of one enrollment. */
async function happen(id = 'e-1'): Promise<void> {
  await dependencies.registry.create(enrollmentRecord(id));
  await dependencies.registry.replace(nextVersion(enrollmentRecord(id)), { version: 1 });
}

const eventIds = ({ received }: Receiver) => received.map(({ body }): string => JSON.parse(body).id);
const messageIds = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id']);

/** The signatures that the library makes of what was received, under these secrets. */
function signatures({ headers, body }: Received, ...secrets: string[]): string {
  const at = new Date(Number(headers['webhook-timestamp']) * 1000);
  return secrets.map((secret) => new Verifier(secret).sign(headers['webhook-id'] ?? '', at, body)).join(' ');
}

/** Answers differently each time; the last way for good. */
function inTurn(...ways: Answering[]): Answering {
  return (...call) => (ways.length > 1 ? ways.shift() : ways[0])?.(...call);
}

describe('events', () => {
  it('are sent as they are, signed, each to every webhook that takes it', async () => {
    const [all, some] = [await receiver(), await receiver()];
    const { secret } = await hook(all);
    await hook(some, ['BackupEscrowed']);
    await happen();
    const born = (await world.outbox.pending(100)).map(({ event }) => event);
    await dispatcher().drain();

    expect(all.received.map(({ body }) => JSON.parse(body))).toEqual(expect.arrayContaining(born));
    expect(all.received.map(({ body }) => body).sort()).toEqual(
      born.map((event) => JSON.stringify(event)).sort(),
    );
    expect(eventIds(some)).toEqual(['e-1.2.1']);
    for (const { body, headers } of all.received) {
      expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(headers['webhook-id']).toMatch(/^msg_[a-z2-7]{26}$/);
      expect(new Verifier(secret).verify(body, headers)).toEqual(JSON.parse(body));
    }
    expect(new Set([...messageIds(all), ...messageIds(some)]).size).toBe(4);
    expect(await queues.deadLetters()).toEqual([]);
  });

  it('that came in from outside are sent to nobody, nor those of another organization', async () => {
    const target = await receiver();
    await hook(target);
    await fanOutWebhooks(dependencies, requested());
    await dependencies.registry.create(enrollmentRecord('theirs', { organization: 'other' }));
    await dispatcher().drain();
    expect(target.received).toEqual([]);
  });

  it('are told by orders with the same ids after a crash between two of them', async () => {
    const targets = [await receiver(), await receiver(), await receiver()];
    for (const target of targets) await hook(target);
    await happen();
    const published: string[] = [];
    const crashing: EventBus = {
      publish: async (event) => {
        published.push(event.id);
        if (published.length === 2) throw new StoreError('store-unavailable');
        await dependencies.events.publish(event);
      },
    };
    await dispatcher(crashing).drain();
    expect(new Set(published).size).toBe(9);
    expect(published.length).toBeGreaterThan(9);
    for (const target of targets) {
      expect(new Set(eventIds(target))).toEqual(new Set(['e-1.1.0', 'e-1.2.0', 'e-1.2.1']));
      expect(new Set(messageIds(target)).size).toBe(3);
    }
  });

  it('are not sent to a webhook that was removed since', async () => {
    const target = await receiver();
    const { id } = await hook(target);
    await happen();
    const [order] = await world.outbox.pending(1);
    if (order === undefined) return expect.unreachable('three events were born');
    await fanOutWebhooks(dependencies, order.event);
    await removeWebhook(dependencies, administrator, { webhookId: id, requestId: 'r' });
    await dispatcher().drain();
    expect([target.received, await queues.deadLetters()]).toEqual([[], []]);
  });
});

describe('a target that fails', () => {
  it('is tried again, by the same id and body, until it takes the event', async () => {
    const target = await receiver(inTurn(status(500), status(503), status(200)));
    const { secret } = await hook(target, ['EnrollmentAccepted']);
    await happen();
    await dispatcher().drain();
    expect(target.received).toHaveLength(3);
    expect(new Set(messageIds(target)).size).toBe(1);
    expect(new Set(target.received.map(({ body }) => body)).size).toBe(1);
    const times = target.received.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
    for (const each of target.received)
      expect(each.headers['webhook-signature']).toBe(signatures(each, secret));
    expect(await queues.deadLetters()).toEqual([]);
  });

  it('for more than a day is a dead letter after eight tries, and takes the event once that is redriven', async () => {
    const target = await receiver(status(500));
    await hook(target, ['EnrollmentAccepted']);
    await happen();
    await dispatcher().drain();
    const pauses = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
    expect(queues.leaps).toHaveLength(pauses.length);
    for (const [index, pause] of pauses.entries()) {
      expect(queues.leaps[index]).toBeGreaterThanOrEqual(pause);
      expect(queues.leaps[index]).toBeLessThanOrEqual(pause * 1.1 + 0.001);
    }
    const letters = await queues.deadLetters('deliver-webhook');
    expect(letters).toMatchObject([{ code: 'webhook-failed', event: { type: 'WebhookDeliveryRequested' } }]);

    target.answering = status(200);
    await queues.redrive(letters[0]?.id ?? '');
    await dispatcher().drain();
    expect(target.received).toHaveLength(9);
    expect(new Set(messageIds(target)).size).toBe(1);
    expect(await queues.deadLetters()).toEqual([]);
  });

  it('is left alone for as long as it asks', async () => {
    const asking = status(429, { 'retry-after': '7000' });
    const target = await receiver(inTurn(asking, asking, status(200)));
    await hook(target, ['EnrollmentAccepted']);
    await happen();
    await dispatcher().drain();
    expect(queues.leaps).toEqual([7_000, 7_000]);
  });

  it('by a redirect, to the inside or anywhere, is a dead letter that says so', async () => {
    const inside = await receiver();
    const target = await receiver(status(307, { location: inside.url }));
    await hook(target, ['EnrollmentAccepted']);
    await happen();
    await dispatcher().drain();
    expect(target.received).toHaveLength(8);
    expect(inside.received).toEqual([]);
    expect(await queues.deadLetters()).toMatchObject([{ code: 'webhook-redirected' }]);
  });

  it('since its address is one that nothing is sent to is a dead letter at once', async () => {
    const target = await receiver();
    await hook(target, ['EnrollmentAccepted']);
    await happen();
    // The operator has closed what was open at the registration.
    dependencies = { ...dependencies, webhooks: new HttpWebhookSender(world.dependencies.clock) };
    await dispatcher().drain();
    expect(target.received).toEqual([]);
    expect(await queues.deadLetters()).toMatchObject([{ code: 'webhook-target-refused' }]);
    expect(queues.leaps).toEqual([]);
  });

  it('keeps no other one waiting', async () => {
    const [dead, alive] = [await receiver(hanging), await receiver()];
    for (const target of [dead, alive]) await hook(target);
    const all = Promise.withResolvers<void>();
    alive.answering = (response, ...rest) => {
      status(204)(response, ...rest);
      if (alive.received.length === 3) all.resolve();
    };
    const held: (() => void)[] = [];
    dead.answering = (response) => held.push(() => response.writeHead(204).end());
    await happen();
    const draining = dispatcher().drain();
    await all.promise;
    // Every event came to the one while the other had answered none.
    expect(held.length).toBe(dead.received.length);
    dead.answering = status(204);
    for (const answer of held) answer();
    await draining;
    expect(new Set(eventIds(dead))).toEqual(new Set(eventIds(alive)));
  });

  it('by hanging is tried again as others are', async () => {
    dependencies = { ...dependencies, webhooks: senderWithin(100) };
    const target = await receiver(inTurn(hanging, status(200)));
    await hook(target, ['EnrollmentAccepted']);
    await happen();
    await dispatcher().drain();
    expect(target.received).toHaveLength(2);
    expect(await queues.deadLetters()).toEqual([]);
  });
});

describe('a target that is gone', () => {
  it('disables its webhook, which is recorded, and told to the others', async () => {
    const [gone, other] = [await receiver(status(410)), await receiver()];
    const { id } = await hook(gone);
    await hook(other, ['WebhookDisabled']);
    await happen();
    await dispatcher().drain();
    expect(gone.received.length).toBeLessThanOrEqual(3);
    const listed = await listWebhooks(dependencies, administrator, { requestId: 'r' });
    expect(listed.map(({ enabled }) => enabled)).toEqual([false, true]);
    const told = other.received.map(({ body }) => JSON.parse(body));
    expect(told).toMatchObject([
      { type: 'WebhookDisabled', source: '/organizations/acme', data: { webhookId: id } },
    ]);
    const recorded = world.dependencies.ledger.entries.filter(({ action }) => action === 'disable-webhook');
    expect(recorded[0]).toMatchObject({ organization, principal: 'service', outcome: 'done', about: [id] });

    const before = gone.received.length;
    await happen('e-2');
    await dispatcher().drain();
    expect(gone.received).toHaveLength(before);
    expect(await queues.deadLetters()).toEqual([]);
  });
});

describe('after a rotation', () => {
  it('both secrets sign for a day, and then the new one alone', async () => {
    const target = await receiver();
    const old = await hook(target, ['EnrollmentAccepted']);
    const rotation = { webhookId: old.id, idempotencyKey: 'k', requestId: 'r' };
    const rotated = await rotateWebhookSecret(dependencies, administrator, rotation);
    const secret = rotated.secret.text();
    const day = 24 * 3_600_000;
    for (const [id, wait] of [['e-1', day - 1] as const, ['e-2', 1] as const]) {
      world.dependencies.clock.advance(wait);
      await happen(id);
      await dispatcher().drain();
    }
    const [during, after] = target.received;
    if (during === undefined || after === undefined) return expect.unreachable('two events were sent');
    expect(during.headers['webhook-signature']).toBe(signatures(during, secret, old.secret));
    expect(after.headers['webhook-signature']).toBe(signatures(after, secret));
  });
});

describe('an order that is none', () => {
  it.each([undefined, {}, { webhookId: 'whk_1' }, { webhookId: 7, event: requested() }])(
    'is refused as input: %j',
    async (data) => {
      const order = { ...requested(), type: 'WebhookDeliveryRequested', data };
      expect(await outcomeOf(deliverWebhook(dependencies, order))).toBe('invalid-input');
    },
  );

  it('of an organization or a webhook that is not there is done: nobody waits for it', async () => {
    const data = { webhookId: 'whk_1', event: requested() };
    for (const source of ['/organizations/acme', '/organizations/none', 'nowhere']) {
      const order = { ...requested({}, source), type: 'WebhookDeliveryRequested', data };
      expect(await outcomeOf(deliverWebhook(dependencies, order))).toBe('done');
    }
  });
});
