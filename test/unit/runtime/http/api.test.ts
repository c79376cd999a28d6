import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError, StoreError } from '#domain/errors.ts';
import type { Ledger } from '#ports/ledger.ts';
import { rateLimits } from '#runtime/rate-limit.ts';
import { ada, apiSubject } from './api-subject.ts';

const thing = JSON.stringify({ name: 'a' });
const once = (key: string) => ({ 'idempotency-key': key });
const stranger = { headers: { authorization: 'mallory' } };

describe('a request', () => {
  it('is answered as the route says, and nobody keeps the answer', async () => {
    const { ask, lines } = apiSubject();
    const { status, headers, json } = await ask('GET', '/things/1');
    expect([status, json]).toEqual([200, { ok: true }]);
    expect(headers).toEqual({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': 'application/json',
      'x-request-id': expect.stringMatching(/^req_[a-z2-7]{26}$/),
    });
    expect(lines).toEqual([
      expect.objectContaining({
        message: 'request',
        method: 'GET',
        route: '/things/{thingId}',
        status: 200,
        organization: 'acme',
        requestId: headers['x-request-id'],
      }),
    ]);
  });

  it('keeps the name that its sender gave it, in answer, record and log, if that can be written anywhere', async () => {
    const { ask, ledger, lines } = apiSubject();
    for (const given of ['mine-1', 'not mine']) {
      const { headers, json } = await ask('GET', '/things/1?x=1', { headers: { 'x-request-id': given } });
      const kept = headers['x-request-id'];
      expect(kept === given).toBe(given === 'mine-1');
      expect([json.requestId, ledger.entries.at(-1)?.requestId, lines.at(-1)?.['requestId']]).toEqual([
        kept,
        kept,
        kept,
      ]);
    }
  });

  it('for what is not there is told so, and one by another method what there is', async () => {
    const { ask, lines } = apiSubject();
    const nothing = await ask('GET', '/nothing');
    expect([nothing.status, nothing.json.code, nothing.headers['allow']]).toEqual([
      404,
      'no-such-route',
      undefined,
    ]);
    const other = await ask('PUT', '/things/1');
    expect([other.status, other.json.status, other.json.code]).toEqual([405, 405, 'method-not-allowed']);
    expect(other.headers['allow']).toBe('GET, HEAD, DELETE');
    expect(lines.map(({ code }) => code)).toEqual(['no-such-route', 'method-not-allowed']);
  });

  it('to a public route needs no token, and its token is not looked at', async () => {
    const { ask, ledger } = apiSubject();
    expect((await ask('GET', '/news', stranger)).status).toBe(200);
    expect(ledger.entries).toEqual([]);
  });

  it('without a token, or with a bad one, gets nowhere, and that is recorded', async () => {
    const { api, ask, answered, ledger } = apiSubject();
    expect((await ask('GET', '/things/1', stranger)).json).toMatchObject({
      status: 401,
      code: 'token-invalid',
    });
    const bare = { method: 'GET', path: '/things/1', query: new URLSearchParams(), header: () => undefined };
    const unread = async () => expect.unreachable('its body was read');
    const { status } = await api.handle({
      ...bare,
      clientAddress: '',
      body: unread,
      signal: AbortSignal.abort(),
    });
    expect(status).toBe(401);
    expect(answered).toEqual([]);
    expect(ledger.entries.map(({ action, code, outcome }) => [action, code, outcome])).toEqual([
      ['verify-token', 'token-invalid', 'refused'],
      ['verify-token', 'sign-in-required', 'refused'],
    ]);
  });

  it('without a token is told by a URL where to get one', async () => {
    const { ask } = apiSubject();
    const { headers } = await ask('GET', '/things/1', stranger);
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(headers['www-authenticate'] ?? '') ?? [];
    expect(new URL(url).href).toBe('https://escrow.example/.well-known/oauth-protected-resource');
  });

  it('of another role is refused and recorded before it is read', async () => {
    const { api, answered, ledger } = apiSubject();
    const { status } = await api.handle({
      method: 'DELETE',
      path: '/things/1',
      query: new URLSearchParams('unknown=1'),
      header: (name) => (name === 'authorization' ? 'ada' : undefined),
      clientAddress: '',
      body: async () => expect.unreachable('its body was read'),
      signal: AbortSignal.abort(),
    });
    expect([status, answered]).toEqual([403, []]);
    expect(ledger.entries).toEqual([
      {
        action: 'remove-thing',
        organization: 'acme',
        principal: 'ada',
        outcome: 'refused',
        code: 'not-permitted',
        requestId: expect.any(String),
      },
    ]);
  });

  it('that its schemas refuse is recorded with the fields at fault, and without what stood in them', async () => {
    const { ask, answered, ledger } = apiSubject();
    const body = JSON.stringify({ name: 'marked-too-long', unknown: 'marked' });
    const { status, json } = await ask('POST', '/things', { body, headers: once('1') });
    expect([status, json.code, answered]).toEqual([400, 'invalid-input', []]);
    expect(json.issues.map(({ field }: { field: string }) => field)).toEqual(['name', 'unknown']);
    expect(ledger.entries).toMatchObject([
      { action: 'make-thing', code: 'invalid-input', about: ['name', 'unknown'] },
    ]);
    expect(JSON.stringify([json, ledger.entries])).not.toContain('marked');
  });
});

describe('a refusal that cannot be recorded', () => {
  const broken: Ledger = {
    record: () => Promise.reject(new StoreError('store-unavailable')),
  };

  it.each([
    ['a bad token', 'GET', '/things/1', stranger],
    ['another role', 'DELETE', '/things/1', {}],
    ['an unknown field', 'GET', '/things/1?x=1', {}],
  ])('for %s is told as what failed', async (_why, method, target, parts) => {
    const { RefusedTokens } = await import('#runtime/tokens/refused-tokens.ts');
    const { clock } = apiSubject();
    const { ask } = apiSubject(undefined, {
      ledger: broken,
      refusedTokens: new RefusedTokens({ ledger: broken, clock }),
    });
    expect((await ask(method, target, parts)).json).toMatchObject({ status: 503, code: 'store-unavailable' });
  });
});

describe('whatever is thrown', () => {
  it.each([
    ['an error', new Error('marked')],
    ['an error of a vendor', Object.assign(new Error('marked'), { code: 'EMARKED' })],
    ['text', 'marked'],
    ['nothing', undefined],
    ['an object that cannot be looked at', Object.create(null)],
  ])('is told as failing inside, and no more: %s', async (_what, thrown) => {
    const { ask, lines } = apiSubject(() => Promise.reject(thrown));
    const { status, json, headers } = await ask('GET', '/things/1');
    expect([status, json.code]).toEqual([500, 'internal']);
    expect(JSON.stringify([json, headers])).not.toContain('arked');
    expect(lines.map(({ message, code }) => [message, code])).toEqual([
      ['unexpected', 'internal'],
      ['request', 'internal'],
    ]);
    expect(JSON.stringify(lines)).not.toContain('marked');
  });

  it('by a use case of ours is told by its code, and not recorded twice', async () => {
    const { ask, ledger } = apiSubject(() => Promise.reject(new InputError('password-too-weak')));
    expect((await ask('GET', '/things/1')).json).toMatchObject({ status: 400, code: 'password-too-weak' });
    expect(ledger.entries).toEqual([]);
  });

  it('by a request that fails while it is read is answered', async () => {
    const { api } = apiSubject();
    const headers: Record<string, string> = { authorization: 'ada', 'idempotency-key': '1' };
    const { status } = await api.handle({
      method: 'POST',
      path: '/things',
      query: new URLSearchParams(),
      header: (name) => headers[name],
      clientAddress: '',
      body: () => Promise.reject(new TypeError('marked')),
      signal: AbortSignal.abort(),
    });
    expect(status).toBe(500);
  });

  it('never comes out, of whatever is asked', async () => {
    const { ask } = apiSubject();
    const target = fc.oneof(fc.webUrl(), fc.webPath(), fc.string({ unit: 'binary' }), fc.constant('/things'));
    const headers = fc.dictionary(
      fc.constantFrom(
        'authorization',
        'accept',
        'content-type',
        'idempotency-key',
        'x-request-id',
        'traceparent',
      ),
      fc.string({ unit: 'binary' }),
    );
    const body = fc.uint8Array();
    await fc.assert(
      fc.asyncProperty(fc.string(), target, headers, body, async (method, asked, named, bytes) => {
        const { status } = await ask(method, asked, { headers: named, body: bytes });
        expect(status).toBeLessThan(500);
      }),
    );
  });
});

describe('what one caller may ask for', () => {
  it('is limited by principal, whatever the address, and told when to come again', async () => {
    const { ask, clock, principals } = apiSubject();
    principals.set('bob', { ...ada, subject: 'bob' });
    const statuses: number[] = [];
    for (let index = 0; index <= rateLimits.read.burst; index += 1) {
      statuses.push((await ask('GET', '/things/1', { clientAddress: `192.0.2.${index}` })).status);
    }
    expect(statuses.filter((status) => status !== 200)).toEqual([429]);
    const { headers, json } = await ask('GET', '/things/1');
    expect(json).toMatchObject({ code: 'too-many-requests', retryable: true, next: 'Wait 1 seconds.' });
    expect(headers['retry-after']).toBe('1');
    expect((await ask('GET', '/things/1', { headers: { authorization: 'bob' } })).status).toBe(200);
    clock.advance(1_000);
    expect((await ask('GET', '/things/1')).status).toBe(200);
  });

  it('is limited by address where nobody says who asks, and bad tokens count with that', async () => {
    const { ask, ledger } = apiSubject();
    const { burst } = rateLimits.unauthenticated;
    for (let index = 0; index < burst; index += 1)
      expect((await ask('GET', '/things/1', stranger)).status).toBe(401);
    expect((await ask('GET', '/things/1', stranger)).status).toBe(429);
    expect((await ask('GET', '/news')).status).toBe(429);
    expect((await ask('GET', '/news', { clientAddress: '192.0.2.9' })).status).toBe(200);
    expect((await ask('GET', '/things/1')).status).toBe(200);
    expect(ledger.entries).toHaveLength(1);
  });

  it('counts each item of a batch', async () => {
    const { ask, answered } = apiSubject();
    const batch = (count: number) => ({
      body: JSON.stringify({ things: Array.from({ length: count }, () => 1) }),
    });
    const { burst } = rateLimits.write;
    expect((await ask('POST', '/thing-batches', batch(burst - 1))).status).toBe(200);
    expect((await ask('POST', '/thing-batches', batch(1))).status).toBe(200);
    expect((await ask('POST', '/thing-batches', batch(1))).status).toBe(429);
    expect(answered).toHaveLength(2);
  });
});

describe('an idempotency key', () => {
  it('lets the same request through again, whatever its secrets and the order of its fields', async () => {
    const { ask, answered } = apiSubject();
    const bodies = ['{"name":"a","secret":"x"}', '{"secret":"y","name":"a"}', '{"name":"a"}'];
    for (const body of bodies) {
      expect((await ask('POST', '/things', { body, headers: once('1') })).status).toBe(200);
    }
    expect(answered).toHaveLength(3);
  });

  it('is refused to another request, which is recorded', async () => {
    const { ask, answered, ledger } = apiSubject();
    await ask('POST', '/things', { body: thing, headers: once('1') });
    const { status, json } = await ask('POST', '/things', { body: '{"name":"b"}', headers: once('1') });
    expect([status, json.code]).toEqual([409, 'idempotency-mismatch']);
    expect(answered).toHaveLength(1);
    expect(ledger.entries).toMatchObject([
      { action: 'make-thing', code: 'idempotency-mismatch', outcome: 'refused' },
    ]);
  });

  it('is its sender’s own, and forgotten after a day', async () => {
    const { ask, clock, principals } = apiSubject();
    principals.set('bob', { ...ada, subject: 'bob' }).set('globex', { ...ada, organization: 'globex' });
    const send = async (name: string, authorization = 'ada') =>
      (
        await ask('POST', '/things', {
          body: JSON.stringify({ name }),
          headers: { ...once('1'), authorization },
        })
      ).status;
    expect(await send('a')).toBe(200);
    expect([await send('b', 'bob'), await send('c', 'globex'), await send('b')]).toEqual([200, 200, 409]);
    clock.advance(24 * 60 * 60 * 1_000);
    expect(await send('b')).toBe(200);
  });
});
