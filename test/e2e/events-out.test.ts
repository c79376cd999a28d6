import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { followEvents } from '#lambdas/follow-events/follow-events.ts';
import { registerWebhook } from '#lambdas/register-webhook/register-webhook.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import { rotateWebhookSecret } from '#lambdas/rotate-webhook-secret/rotate-webhook-secret.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import { openService, type Service, type ServiceSettings } from '#local/service.ts';
import { oldestKept } from '#ports/event-feed.ts';
import { filesUnder } from '#test/support/demo.ts';
import { type Receiver, startReceiver } from '#test/support/receiver.ts';
import { SecretScanner } from '#test/support/secret-scanner.ts';
import { administrator, organization, password, requested, subscriber } from '#test/support/world.ts';

const root = mkdtempSync(join(tmpdir(), 'escrow-events-out-'));
const told: string[] = [];
const settings: ServiceSettings = {
  folder: join(root, 'data'),
  keys: 'software',
  webhooks: { allowedTargets: ['127.0.0.0/8'] },
  onDelivery: (delivery, error) => told.push(inspect([delivery, error], { depth: 10, showHidden: true })),
};
let service: Service;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  service = await openService(settings);
  const { publicKey } = await makeRecoveryKey();
  await setUpOrganization(service.dependencies, administrator, {
    name: 'Acme',
    contact: 'helpdesk@acme.example',
    recoveryKey: publicKey,
  });
});
afterAll(async () => {
  await service.close();
  await receiver.close();
  rmSync(root, { recursive: true, force: true });
});

/** Ends the service and starts it again on what was stored. */
async function restart(change: Partial<ServiceSettings> = {}): Promise<void> {
  await service.close();
  service = await openService({ ...settings, ...change });
}

async function enroll(idempotencyKey: string): Promise<string> {
  const { id: enrollmentId } = await requestEnrollment(service.dependencies, requested({ idempotencyKey }));
  const setting = { enrollmentId, password: password(), requestId: 'set' };
  await setPassword(service.dependencies, subscriber(), setting);
  return enrollmentId;
}

const register = () =>
  registerWebhook(service.dependencies, administrator, {
    url: receiver.url,
    idempotencyKey: 'first',
    requestId: 'r',
  });

describe('events of one machine', () => {
  const secrets: string[] = [];

  it('reach a webhook after the service was ended before it sent them, under a secret that nobody kept', async () => {
    const { secret } = await register();
    secrets.push(secret.text());
    await enroll('one');
    await restart();
    await service.dispatcher.drain();
    const types = receiver.received.map(({ body, headers }) => {
      expect(new Verifier(secrets[0] ?? '').verify(body, headers)).toEqual(JSON.parse(body));
      return JSON.parse(body).type;
    });
    expect(types.sort()).toEqual(['BackupEscrowed', 'EnrollmentKeyPairCreated', 'SubscriberSignInAwaited']);
    expect((await register()).secret.text()).toBe(secrets[0]);
  });

  it('are followed as they happen, and from where it was cut off after the service started again', async () => {
    const ending = new AbortController();
    const following = { from: 'now', signal: ending.signal, requestId: 'f' } as const;
    const stream = await followEvents(service.dependencies, administrator, following);
    expect((await stream.next()).value?.event).toBeUndefined();
    const next = stream.next();
    const enrollmentId = await enroll('two');
    const { value } = await next;
    expect(value?.event).toMatchObject({ type: 'SubscriberSignInAwaited', data: { enrollmentId } });
    ending.abort();

    await restart();
    const lastEventId = value?.position ?? '';
    const resumed = { ...following, lastEventId, signal: new AbortController().signal };
    const again = await followEvents(service.dependencies, administrator, resumed);
    const rest = [(await again.next()).value?.event?.type, (await again.next()).value?.event?.type];
    expect(rest).toEqual(['EnrollmentKeyPairCreated', 'BackupEscrowed']);
    const { entries } = await service.dependencies.feed.after(organization, oldestKept, 100);
    expect(entries.map(({ event }) => event.type)).not.toContain('EnrollmentRequested');
    expect(entries).toHaveLength(6);
  });

  it('wait in the dead letters to be redriven, over every restart', async () => {
    await service.dispatcher.drain();
    // The operator closes what was open: such a target is given up at once.
    await restart({ webhooks: {} });
    await enroll('three');
    await service.dispatcher.drain();
    const letters = await service.queues.deadLetters('deliver-webhook');
    expect(letters.map(({ code }) => code)).toEqual(Array(3).fill('webhook-target-refused'));

    const before = receiver.received.length;
    await restart();
    for (const { id } of letters) await service.queues.redrive(id);
    await service.dispatcher.drain();
    expect(receiver.received.length - before).toBe(3);
    expect(await service.queues.depth()).toBe(0);
  });

  it('leave no signing secret in any file, in what is told of deliveries, or in what is sent', async () => {
    const [webhook] =
      (await service.dependencies.registry.read('organization', organization, 'organization'))?.webhooks ??
      [];
    const rotation = { webhookId: webhook?.id ?? '', idempotencyKey: 'k', requestId: 'r' };
    secrets.push((await rotateWebhookSecret(service.dependencies, administrator, rotation)).secret.text());
    await enroll('four');
    await service.dispatcher.drain();
    const sought = secrets.flatMap((secret, index) => [
      { name: `secret ${index}`, bytes: Buffer.from(secret.slice('whsec_'.length), 'base64') },
      { name: `secret ${index} as it is told`, bytes: Buffer.from(secret) },
    ]);
    const scanner = new SecretScanner(sought);
    expect(scanner.find(Buffer.from(`{"a":"${secrets[0]}"}`))).not.toEqual([]);
    // A file that this process has locked may not be opened and closed by another part of it.
    await service.close();
    const files = filesUnder(root);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect([file, scanner.find(readFileSync(join(root, file)))]).toEqual([file, []]);
    }
    const sent = JSON.stringify(receiver.received);
    for (const text of [...told, sent]) expect(scanner.find(Buffer.from(text))).toEqual([]);
  });
});
