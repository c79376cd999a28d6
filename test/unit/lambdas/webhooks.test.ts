import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '#domain/errors.ts';
import { domainEventNames } from '#domain/events.ts';
import type { Principal } from '#domain/principal.ts';
import { roles } from '#domain/principal.ts';
import { mostWebhooks } from '#domain/webhook.ts';
import { listWebhooks } from '#lambdas/list-webhooks/list-webhooks.ts';
import { registerWebhook, type WebhookRegistration } from '#lambdas/register-webhook/register-webhook.ts';
import { removeWebhook } from '#lambdas/remove-webhook/remove-webhook.ts';
import { rotateWebhookSecret } from '#lambdas/rotate-webhook-secret/rotate-webhook-secret.ts';
import { showWebhook } from '#lambdas/show-webhook/show-webhook.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { administrator, makeWorld, organization, type World } from '#test/support/world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const url = 'https://hooks.example.org/a';
const requestId = 'request-1';

async function register(change: Partial<WebhookRegistration> = {}, principal = administrator) {
  const registration = { url, idempotencyKey: 'first', requestId, ...change };
  const { webhook, secret } = await registerWebhook(world.dependencies, principal, registration);
  return { webhook, secret: secret.text() };
}

async function rotate(webhookId: string, idempotencyKey: string) {
  const rotation = { webhookId, idempotencyKey, requestId };
  const { webhook, secret } = await rotateWebhookSecret(world.dependencies, administrator, rotation);
  return { webhook, secret: secret.text() };
}

const list = () => listWebhooks(world.dependencies, administrator, { requestId });

describe('a webhook that is registered', () => {
  it('is listed and shown, and its secret is told that once', async () => {
    const { webhook, secret } = await register({ url: 'https://HOOKS.example.org/a' });
    expect(webhook).toEqual({
      id: expect.stringMatching(/^whk_[a-z2-7]{26}$/),
      url,
      enabled: true,
      createdAt: '2026-01-05T08:00:00.000Z',
      secretGeneration: 1,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await list()).toEqual([webhook]);
    expect(
      await showWebhook(world.dependencies, administrator, { webhookId: webhook.id, requestId }),
    ).toEqual(webhook);
    const bare = secret.slice('whsec_'.length);
    const { registry, ledger } = world.dependencies;
    const record = await registry.read('organization', organization, 'organization');
    for (const kept of [record, await list(), ledger.entries]) {
      expect(JSON.stringify(kept)).not.toContain(bare);
    }
  });

  it('again under the same key is the same one, and its secret is told again', async () => {
    const first = await register({ types: ['BackupEscrowed', 'EnrollmentAccepted'] });
    world.dependencies.clock.advance(60_000);
    const again = await register({ types: ['EnrollmentAccepted', 'BackupEscrowed', 'BackupEscrowed'] });
    expect(again).toEqual(first);
    expect(await list()).toHaveLength(1);
  });

  it('again under the same key with another content is refused, and nothing is told', async () => {
    await register();
    for (const change of [{ url: 'https://hooks.example.org/b' }, { types: ['BackupEscrowed'] }]) {
      expect(await outcomeOf(register(change))).toBe('idempotency-mismatch');
    }
    expect(await list()).toHaveLength(1);
  });

  it('for some events names them in one order and each once', async () => {
    const { webhook } = await register({
      types: ['WebhookDisabled', 'EnrollmentAccepted', 'WebhookDisabled'],
    });
    expect(webhook.types).toEqual(['EnrollmentAccepted', 'WebhookDisabled']);
    const all = await register({ idempotencyKey: 'all', types: [...domainEventNames] });
    expect(all.webhook.types).toEqual(domainEventNames);
  });

  it('has another secret than any other', async () => {
    const secrets = await Promise.all(['a', 'b', 'c'].map((idempotencyKey) => register({ idempotencyKey })));
    expect(new Set(secrets.map(({ secret }) => secret)).size).toBe(3);
    expect(await list()).toHaveLength(3);
  });

  it.each([
    ['url', { url: 'http://hooks.example.org/' }],
    ['url', { url: 'https://127.0.0.1/' }],
    ['types', { types: [] }],
    ['types', { types: ['EnrollmentRequested'] }],
    ['types', { types: ['WebhookDeliveryRequested'] }],
    ['types', { types: ['EnrollmentAccepted', 'toString'] }],
  ])('with a wrong %s is refused, and recorded', async (field, change) => {
    await expect(register(change)).rejects.toMatchObject({ code: 'invalid-input', details: { field } });
    expect(await list()).toEqual([]);
    expect(world.dependencies.ledger.entries.at(-1)).toMatchObject({
      action: 'register-webhook',
      outcome: 'refused',
      code: 'invalid-input',
      about: [field],
    });
  });

  it('is one of twenty at most; one that is there already may be told of again', async () => {
    for (let count = 0; count < mostWebhooks; count += 1) await register({ idempotencyKey: String(count) });
    await expect(register({ idempotencyKey: 'one more' })).rejects.toMatchObject({
      details: { field: 'webhooks' },
    });
    expect(await outcomeOf(register({ idempotencyKey: '7' }))).toBe('done');
    expect(await list()).toHaveLength(20);
  });

  it('while others register too is lost by none of them', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((idempotencyKey) => register({ idempotencyKey })));
    expect(await list()).toHaveLength(4);
  });

  it('is told of after custody failed, by the same request again', async () => {
    const { keys } = world.dependencies;
    const failing = {
      ...world.dependencies,
      keys: {
        custody: keys.custody,
        receiptKey: () => keys.receiptKey(),
        signReceipt: (message: Uint8Array) => keys.signReceipt(message),
        close: () => keys.close(),
        mac: async () => {
          throw new ProviderError('provider-unavailable');
        },
      },
    };
    const registration = { url, idempotencyKey: 'first', requestId };
    expect(await outcomeOf(registerWebhook(failing, administrator, registration))).toBe(
      'provider-unavailable',
    );
    expect((await register()).secret).toMatch(/^whsec_/);
    expect(await list()).toHaveLength(1);
  });
});

describe('a secret that is rotated', () => {
  it('is another, and the one before signs too for a day', async () => {
    const { webhook, secret } = await register();
    const rotated = await rotate(webhook.id, 'once');
    expect(rotated.secret).not.toBe(secret);
    expect(rotated.webhook).toMatchObject({
      secretGeneration: 2,
      previousSecretUntil: '2026-01-06T08:00:00.000Z',
    });
    expect(await list()).toEqual([rotated.webhook]);
  });

  it('by the same request again is rotated once', async () => {
    const { webhook } = await register();
    const first = await rotate(webhook.id, 'once');
    expect(await rotate(webhook.id, 'once')).toEqual(first);
    const second = await rotate(webhook.id, 'twice');
    expect(second.webhook.secretGeneration).toBe(3);
    expect(second.secret).not.toBe(first.secret);
  });

  it('is told to whoever registers again by the first key', async () => {
    const { webhook } = await register();
    const rotated = await rotate(webhook.id, 'once');
    expect(await register()).toEqual(rotated);
  });
});

describe('a webhook that is removed', () => {
  it('is gone, and the others are not', async () => {
    const first = await register();
    const other = await register({ idempotencyKey: 'other' });
    await removeWebhook(world.dependencies, administrator, { webhookId: first.webhook.id, requestId });
    expect(await list()).toEqual([other.webhook]);
  });

  it('has another secret once it is registered anew, also by the request that registered it first', async () => {
    const { webhook, secret } = await register();
    await removeWebhook(world.dependencies, administrator, { webhookId: webhook.id, requestId });
    world.dependencies.clock.advance(1_000);
    const anew = await register();
    expect(anew.webhook.id).toBe(webhook.id);
    expect(anew.secret).not.toBe(secret);
  });
});

describe('every use of webhooks', () => {
  const uses: Record<string, (principal: Principal, webhookId: string) => Promise<unknown>> = {
    'register-webhook': (principal) => register({}, principal),
    'list-webhooks': (principal) => listWebhooks(world.dependencies, principal, { requestId }),
    'show-webhook': (principal, webhookId) =>
      showWebhook(world.dependencies, principal, { webhookId, requestId }),
    'remove-webhook': (principal, webhookId) =>
      removeWebhook(world.dependencies, principal, { webhookId, requestId }),
    'rotate-webhook-secret': (principal, webhookId) =>
      rotateWebhookSecret(world.dependencies, principal, { webhookId, idempotencyKey: 'k', requestId }),
  };
  const naming = Object.entries(uses).filter(
    ([action]) => !['register-webhook', 'list-webhooks'].includes(action),
  );

  it.each(Object.entries(uses))('is for administrators only, and recorded: %s', async (action, use) => {
    const { webhook } = await register();
    for (const role of roles.filter((each) => each !== 'administrator')) {
      const principal: Principal = { organization, subject: role, roles: [role] };
      expect(await outcomeOf(use(principal, webhook.id))).toBe('not-permitted');
      expect(world.dependencies.ledger.entries.at(-1)).toMatchObject({
        action,
        principal: role,
        outcome: 'refused',
        code: 'not-permitted',
        requestId,
      });
    }
    expect(await list()).toEqual([webhook]);
  });

  it.each(naming)('finds none that is not there, or is of another organization: %s', async (_action, use) => {
    const { webhook } = await register();
    expect(await outcomeOf(use(administrator, 'whk_none'))).toBe('not-found');
    const stranger: Principal = { organization: 'other', subject: 'root', roles: ['administrator'] };
    expect(await outcomeOf(use(stranger, webhook.id))).toBe('not-set-up');
    expect(await list()).toEqual([webhook]);
  });

  it('that changes something is recorded with the webhook that it changed', async () => {
    const { webhook } = await register();
    await rotate(webhook.id, 'once');
    await removeWebhook(world.dependencies, administrator, { webhookId: webhook.id, requestId });
    const done = world.dependencies.ledger.entries.filter(({ action }) => action.includes('webhook'));
    expect(done.map(({ action, outcome, about }) => [action, outcome, about])).toEqual([
      ['register-webhook', 'done', [webhook.id]],
      ['rotate-webhook-secret', 'done', [webhook.id]],
      ['remove-webhook', 'done', [webhook.id]],
    ]);
  });
});
