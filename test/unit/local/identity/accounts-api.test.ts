import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { issuerKey } from '#test/support/token-issuer.ts';
import { password, type Running, runningIdentity, startIdentity, temporaryFolder } from './running.ts';

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

/** Asks the accounts API. @param authorization the whole header */
async function ask(
  { issuer }: Running,
  method: string,
  path: string,
  authorization: string | undefined,
  body?: unknown,
  contentType = 'application/json',
): Promise<Answer> {
  const response = await fetch(`${issuer}/accounts${path}`, {
    method,
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && { 'content-type': contentType }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? {} : JSON.parse(text),
  };
}

const grace = { subject: 'grace', displayName: 'Grace Hopper', roles: ['recovery-official', 'auditor'] };

describe('an administrator', () => {
  const running = runningIdentity();
  const asRoot = async (method: string, path: string, body?: unknown) =>
    ask(running(), method, path, await running().bearer('root'), body);

  it('adds a person, who signs in with the password that was generated, told once', async () => {
    const { status, json, headers } = await asRoot('POST', '', grace);
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(json).toEqual({
      account: { ...grace, kind: 'person' },
      secret: expect.stringMatching(/^[a-z2-9-]{29}$/),
    });
    const client = await running().commandLine();
    const parameters = { username: 'grace', password: String(json['secret']) };
    const tokens = await oidc.genericGrantRequest(client, 'password', parameters);
    const principal = await running().verifier.verify(`Bearer ${tokens.access_token}`);
    expect(principal.roles).toEqual(['recovery-official', 'auditor']);
    expect((await asRoot('GET', '')).text).not.toContain(String(json['secret']));
  });

  it('adds a person with a password of their own, which is not told back', async () => {
    const { status, text } = await asRoot('POST', '', { ...grace, password });
    expect([status, text.includes(password)]).toEqual([201, false]);
    expect(text).not.toContain('secret');
  });

  it('adds a machine, whose secret is always generated', async () => {
    const machine = {
      subject: 'hr-system',
      displayName: 'HR',
      kind: 'machine',
      roles: ['enrollment-workflow'],
    };
    const { json } = await asRoot('POST', '', machine);
    expect(json).toEqual({ account: machine, secret: expect.stringMatching(/^[\w-]{43}$/) });
    const chosen = await asRoot('POST', '', { ...machine, subject: 'other', password });
    expect(chosen).toMatchObject({
      status: 400,
      json: { code: 'invalid-input', issues: [{ field: 'password' }] },
    });
    const set = await asRoot('POST', '/hr-system/password', { password });
    expect(set.json).toMatchObject({
      code: 'invalid-input',
      detail: expect.stringContaining('not for a machine'),
    });
  });

  it('lists who can sign in, and as what', async () => {
    const { json, text } = await asRoot('GET', '');
    expect(json).toEqual({
      accounts: [
        { subject: 'root', displayName: 'root', kind: 'person', roles: ['administrator'] },
        { subject: 'ada', displayName: 'ada', kind: 'person', roles: ['subscriber'] },
      ],
    });
    expect(text).not.toMatch(/salt|hash|credential/);
  });

  it('removes an account, which signs in no more; but not the last administrator', async () => {
    expect((await asRoot('DELETE', '/ada')).status).toBe(204);
    await expect(running().bearer('ada')).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await asRoot('DELETE', '/ada')).toMatchObject({ status: 404, json: { code: 'not-found' } });
    expect(await asRoot('DELETE', '/root')).toMatchObject({ status: 409, json: { code: 'wrong-state' } });
  });

  it('replaces nobody by adding, in no other case of letters than as it is written', async () => {
    for (const subject of ['ada', 'root', 'escrow-cli']) {
      const answer = await asRoot('POST', '', { ...grace, subject });
      expect(answer).toMatchObject({ status: 409, json: { code: 'already-exists' } });
    }
    expect((await asRoot('POST', '', { ...grace, subject: 'Ada' })).status).toBe(201);
  });

  it('adds one of two that are added under one name at the same moment', async () => {
    const bearer = await running().bearer('root');
    const answers = await Promise.all([1, 2, 3].map(() => ask(running(), 'POST', '', bearer, grace)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it('is one no more, whatever an older token says, once the account is removed', async () => {
    await running().person('second', ['administrator']);
    const bearer = await running().bearer('second');
    await running().identity.accounts.remove('second');
    expect(await ask(running(), 'GET', '', bearer)).toMatchObject({
      status: 403,
      json: { code: 'not-permitted' },
    });
  });

  it('changes nothing that cannot be recorded', async () => {
    const bearer = await running().bearer('root');
    const { accounts } = running().identity;
    const before = accounts.list();
    running().ledger.record = () => Promise.reject(new StoreError('store-unavailable'));
    for (const [method, path, body] of [
      ['POST', '', { ...grace, password }],
      ['POST', '/ada/password', { password: 'another long password' }],
      ['DELETE', '/ada', undefined],
    ] as const) {
      expect((await ask(running(), method, path, bearer, body)).status).toBe(503);
    }
    expect(accounts.list()).toEqual(before);
    expect(await accounts.withSecret('ada', 'person', Secret.fromText(password))).toBeDefined();
  });

  it('leaves a record of each act: who, what, to whom, as what', async () => {
    await asRoot('POST', '', { ...grace, password });
    await asRoot('POST', '/grace/password', {});
    await asRoot('DELETE', '/grace');
    await asRoot('DELETE', '/grace');
    const acts = running().ledger.entries.filter(({ action }) => action.includes('account'));
    expect(acts).toMatchObject([
      {
        action: 'add-account',
        organization: 'acme',
        principal: 'root',
        outcome: 'done',
        about: ['grace', ...grace.roles],
      },
      { action: 'set-account-password', principal: 'root', outcome: 'done', about: ['grace'] },
      { action: 'remove-account', principal: 'root', outcome: 'done', about: ['grace'] },
      { action: 'remove-account', principal: 'root', outcome: 'refused', code: 'not-found' },
    ]);
    expect(acts.every(({ requestId }) => requestId?.startsWith('req_'))).toBe(true);
    expect(JSON.stringify(acts)).not.toMatch(/Hopper|long enough/);
  });

  it('is told what is wrong with a request, field by field, and never what was in it', async () => {
    const cases: [unknown, string][] = [
      [{ ...grace, subject: '../etc' }, 'subject'],
      [{ ...grace, subject: 'x'.repeat(65) }, 'subject'],
      [{ ...grace, displayName: '' }, 'displayName'],
      [{ ...grace, roles: [] }, 'roles'],
      [{ ...grace, roles: ['service'] }, 'roles.0'],
      [{ ...grace, roles: ['owner'] }, 'roles.0'],
      [{ ...grace, roles: 'auditor' }, 'roles'],
      [{ ...grace, kind: 'robot' }, 'kind'],
      [{ ...grace, password: 7 }, 'password'],
      [{ ...grace, secretAnswer: 'x' }, 'secretAnswer'],
      [[grace], '(whole)'],
      [{}, 'subject'],
    ];
    for (const [body, field] of cases) {
      const { status, json, headers } = await asRoot('POST', '', body);
      expect([status, json['code'], headers.get('content-type')]).toEqual([
        400,
        'invalid-input',
        'application/problem+json',
      ]);
      expect(json['issues']).toContainEqual(expect.objectContaining({ field }));
      const record = { action: 'add-account', principal: 'root', outcome: 'refused', code: 'invalid-input' };
      expect(running().ledger.entries.at(-1)).toMatchObject(record);
    }
  });

  it.each([
    ['short', 'password-too-weak'],
    ['aaaaaaaaaaaaaaaaaa', 'password-too-weak'],
    ['pässword of some length', 'password-not-ascii'],
  ])('cannot give anybody the password %s', async (weak, code) => {
    for (const path of ['', '/ada/password']) {
      const { json, text } = await asRoot('POST', path, { ...(path === '' && grace), password: weak });
      expect(json['code']).toBe(code);
      expect(text).not.toContain(weak);
    }
    expect(await running().bearer('ada')).toBeDefined();
  });

  it('is refused what is too large, of another type, at no address or by no method of its', async () => {
    const bearer = await running().bearer('root');
    const large = await ask(running(), 'POST', '', bearer, { ...grace, displayName: 'x'.repeat(17 * 1024) });
    expect(large).toMatchObject({ status: 413, json: { code: 'body-too-large' } });
    const form = await ask(
      running(),
      'POST',
      '',
      bearer,
      'subject=grace',
      'application/x-www-form-urlencoded',
    );
    expect(form).toMatchObject({ status: 415, json: { code: 'unsupported-media-type' } });
    const broken = await ask(running(), 'POST', '', bearer, '{"password":"hunter2"');
    expect(broken).toMatchObject({ json: { code: 'invalid-input' } });
    expect(broken.text).not.toContain('hunter2');
    for (const [method, path] of [
      ['PUT', ''],
      ['GET', '/ada'],
      ['POST', '/ada/password/x'],
      ['DELETE', '/%zz'],
    ]) {
      const answer = await ask(running(), method ?? '', path ?? '', bearer);
      expect(answer).toMatchObject({ status: 404, json: { code: 'no-such-route' } });
    }
    expect((await asRoot('GET', '?x=1')).json).toMatchObject({ code: 'invalid-input' });
  });
});

describe('who is no administrator', () => {
  const running = runningIdentity();
  const routes = [
    ['GET', ''],
    ['POST', ''],
    ['DELETE', '/ada'],
    ['POST', '/ada/password'],
  ] as const;

  it.each(routes)('may not %s /accounts%s, and that is recorded', async (method, path) => {
    const before = running().identity.accounts.list();
    const bearer = await running().bearer('ada');
    const answer = await ask(running(), method, path, bearer, method === 'POST' ? grace : undefined);
    expect(answer).toMatchObject({ status: 403, json: { code: 'not-permitted' } });
    expect(running().identity.accounts.list()).toEqual(before);
    expect(running().ledger.entries.at(-1)).toMatchObject({
      principal: 'ada',
      outcome: 'refused',
      code: 'not-permitted',
      action: expect.stringContaining('account'),
    });
  });

  it.each(routes)('or shows no token may not %s /accounts%s', async (method, path) => {
    const answer = await ask(running(), method, path, undefined, method === 'POST' ? grace : undefined);
    expect(answer).toMatchObject({ status: 401, json: { code: 'sign-in-required' } });
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('and signs tokens with a key of their own is refused, and recorded', async () => {
    const key = await issuerKey('forged');
    const { issuer } = running();
    const claims = { iss: issuer, sub: 'root', aud: 'urn:enrollment-key-escrow', organization: 'acme' };
    const token = new SignJWT({ ...claims, roles: ['administrator'] }).setExpirationTime('1h');
    const signed = await token.setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
    const answer = await ask(running(), 'GET', '', `Bearer ${signed}`);
    expect(answer).toMatchObject({ status: 401, json: { code: 'token-invalid' } });
    expect(running().ledger.entries.at(-1)).toMatchObject({ action: 'verify-token', about: ['signature'] });
  });
});

describe('the set-up code', () => {
  let running: Running;
  beforeEach(async () => {
    running = await startIdentity(temporaryFolder());
  });
  afterEach(async () => {
    await running.close();
    rmSync(running.folder, { recursive: true });
  });
  const first = { subject: 'root', displayName: 'Root', roles: ['administrator'], password };
  const codePath = () => join(running.folder, 'set-up-code');
  const bearerOfCode = () => `Bearer ${readFileSync(codePath(), 'utf8').trim()}`;

  it('stands in a file that only its owner may read, and stays the same until it is used', async () => {
    const { mode } = statSync(codePath());
    expect(mode & 0o777).toBe(0o600);
    expect(running.identity.accounts.setUpCodePath).toBe(codePath());
    const before = bearerOfCode();
    await running.close();
    running = await startIdentity(running.folder);
    expect(bearerOfCode()).toBe(before);
  });

  it('adds the first administrator, and is gone', async () => {
    const code = bearerOfCode();
    expect((await ask(running, 'POST', '', code, first)).status).toBe(201);
    expect(existsSync(codePath())).toBe(false);
    expect(running.identity.accounts.setUpCodePath).toBeUndefined();
    expect(running.ledger.entries).toMatchObject([
      {
        action: 'add-account',
        principal: '(set-up code)',
        outcome: 'done',
        about: ['root', 'administrator'],
      },
    ]);
    const again = await ask(running, 'POST', '', code, { ...first, subject: 'second' });
    expect(again).toMatchObject({ status: 401, json: { code: 'token-invalid' } });
    expect((await ask(running, 'GET', '', await running.bearer('root'))).status).toBe(200);
    await running.close();
    running = await startIdentity(running.folder);
    expect(existsSync(codePath())).toBe(false);
    expect((await ask(running, 'POST', '', code, { ...first, subject: 'second' })).status).toBe(401);
  });

  it('used several times at the same moment adds one administrator', async () => {
    const code = bearerOfCode();
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((subject) => ask(running, 'POST', '', code, { ...first, subject })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403]);
    expect(running.identity.accounts.list()).toHaveLength(1);
  });

  it('adds nobody else, and does nothing else', async () => {
    const code = bearerOfCode();
    const subscriber = { ...first, roles: ['subscriber'] };
    const { password: _, ...machine } = { ...first, kind: 'machine' };
    for (const body of [subscriber, machine]) {
      expect(await ask(running, 'POST', '', code, body)).toMatchObject({
        status: 403,
        json: { code: 'not-permitted' },
      });
    }
    expect((await ask(running, 'GET', '', code)).status).toBe(403);
    expect((await ask(running, 'DELETE', '/root', code)).status).toBe(403);
    expect((await ask(running, 'POST', '/root/password', code, {})).status).toBe(403);
    expect(existsSync(codePath())).toBe(true);
  });

  it('is not guessed: another code is no token', async () => {
    for (const code of ['0'.repeat(32), bearerOfCode().slice('Bearer '.length, -1), '']) {
      const answer = await ask(running, 'POST', '', `Bearer ${code}`, first);
      expect(answer.status).toBe(401);
    }
    expect(running.identity.accounts.list()).toEqual([]);
  });

  it('adds nobody where it cannot be recorded who was added', async () => {
    running.ledger.record = () => Promise.reject(new StoreError('store-unavailable'));
    const answer = await ask(running, 'POST', '', bearerOfCode(), first);
    expect(answer).toMatchObject({ status: 503, json: { code: 'store-unavailable' } });
    expect(answer.text).not.toContain(password);
  });
});
