import { readFile } from 'node:fs/promises';
import * as oidc from 'openid-client';
import { describe, expect, it } from 'vitest';
import { FewAtOnce } from '#local/identity/few-at-once.ts';
import { password, runningIdentity } from './running.ts';

const running = runningIdentity();

/** Sends a name and a password as anybody can who reaches the port. */
async function guess(username: string, guessed: string): Promise<string> {
  const body = new URLSearchParams({
    ...{ grant_type: 'password', client_id: 'escrow-cli' },
    ...{ username, password: guessed },
  });
  const answer = await fetch(`${running().issuer}/token`, { method: 'POST', body });
  return /"error":"(\w+)"/.exec(await answer.text())?.[1] ?? 'in';
}

describe('passwords that strangers send', () => {
  it('many at once, leave threads to whatever else there is to do, and are refused beyond some', async () => {
    let answered = 0;
    const flood = Array.from({ length: 80 }, async (_unused, number) => {
      const error = await guess(`name-${number}`, 'wrong');
      answered += 1;
      return error;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await readFile(new URL(import.meta.url));
    // The file was read while passwords still waited for their turn.
    expect(answered).toBeLessThan(70);
    const errors = await Promise.all(flood);
    expect(errors.filter((error) => error === 'invalid_grant').length).toBeGreaterThanOrEqual(50);
    expect(errors.filter((error) => error === 'temporarily_unavailable').length).toBeGreaterThan(0);
    expect(await guess('ada', password)).toBe('in');
  }, 60_000);

  it('of names without end push no account out of the count', async () => {
    for (let time = 0; time < 10; time++) expect(await guess('ada', 'wrong')).toBe('invalid_grant');
    for (let name = 0; name < 12; name++) await guess(`${'x'.repeat(50_000)}${name}`, 'wrong');
    expect(await guess('ada', password)).toBe('invalid_grant');
  });

  it('of names that are longer than any are counted as one name', async () => {
    const long = 'x'.repeat(65);
    for (let time = 0; time < 10; time++) await guess(`${long}${time}`, 'wrong');
    const client = await running().commandLine();
    const eleventh = oidc.genericGrantRequest(client, 'password', { username: `${long}more`, password });
    await expect(eleventh).rejects.toMatchObject({ error_description: /^too many/ });
  });
});

describe('few at once', () => {
  it('runs some, lets others wait in their order, and takes no more', async () => {
    const few = new FewAtOnce({ running: 1, waiting: 2 });
    const begun: string[] = [];
    const gate = Promise.withResolvers<void>();
    const work = (name: string) =>
      few.run(async () => {
        begun.push(name);
        await gate.promise;
        return { name };
      });
    const all = ['one', 'two', 'three', 'four'].map(work);
    expect(await all[3]).toBeUndefined();
    expect(begun).toEqual(['one']);
    gate.resolve();
    expect((await Promise.all(all)).map((result) => result?.name)).toEqual([
      'one',
      'two',
      'three',
      undefined,
    ]);
    expect(await few.run(async () => ({ name: 'five' }))).toEqual({ name: 'five' });
  });

  it('goes on after work that failed', async () => {
    const few = new FewAtOnce({ running: 1, waiting: 1 });
    const failing = few.run(() => Promise.reject(new TypeError('no')));
    const waiting = few.run(async () => ({}));
    await expect(failing).rejects.toThrow('no');
    expect(await waiting).toEqual({});
  });
});

describe('somebody who has just signed in', () => {
  it('is not signed in silently by a form that a page of another program posts', async () => {
    const { searchParams: body, href } = oidc.buildAuthorizationUrl(await running().commandLine(), {
      redirect_uri: 'http://127.0.0.1:49999/callback',
      scope: 'openid escrow',
      code_challenge: await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
    const browser = running().browser();
    const page = await browser.open(href);
    expect((await browser.submit(page, { subject: 'ada', password })).url).toContain('code=');
    const landed = await browser.open(`${running().issuer}/auth`, { body });
    expect(landed.url).not.toContain('code=');
  });
});

describe('whoever asks for accounts without end', () => {
  const accounts = async (authorization: string) =>
    (await fetch(`${running().issuer}/accounts`, { headers: { authorization } })).status;
  const many = async (authorization: string, count: number) =>
    new Set(await Promise.all(Array.from({ length: count }, () => accounts(authorization))));

  it('is slowed down, before the record of what was refused is filled', async () => {
    const statuses = await many(await running().bearer('ada'), 150);
    expect(statuses).toEqual(new Set([403, 429]));
    const refused = running().ledger.entries.filter(({ action }) => action === 'list-accounts');
    expect(refused).toHaveLength(100);
    expect(await accounts(await running().bearer('root'))).toBe(200);
  });

  it('without a token is slowed down as well', async () => {
    expect(await many('Bearer none', 60)).toEqual(new Set([401, 429]));
  });
});

describe('what belongs to a session that is not there, as after a restart', () => {
  it.each([
    ['POST', '/device'],
    ['GET', '/device/nothing'],
    ['GET', '/auth/nothing'],
  ])('%s %s is answered by a page that says so, and is no failure', async (method, path) => {
    for (const cookie of ['_session=gone', '_session=gone; _session.sig=gone', '']) {
      const answer = await fetch(`${running().issuer}${path}`, {
        ...{ method, headers: { cookie, accept: 'text/html' } },
        ...(method === 'POST' && { body: new URLSearchParams({ user_code: 'AAAA-AAAA', xsrf: 'gone' }) }),
      });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
      expect(await answer.text()).toContain('Start again from the program');
    }
    expect(running().failures).toEqual([]);
  });
});

it('a machine that shows another secret is refused, and that is recorded within bounds', async () => {
  const account = {
    subject: 'workflow',
    displayName: 'W',
    kind: 'machine',
    roles: ['enrollment-workflow'],
  } as const;
  await running().identity.accounts.add({ ...account, roles: [...account.roles] });
  const authorization = `Basic ${Buffer.from('workflow:a guess').toString('base64')}`;
  for (let time = 0; time < 12; time++) {
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const { status } = await fetch(`${running().issuer}/token`, {
      method: 'POST',
      body,
      headers: { authorization },
    });
    expect(status).toBe(401);
  }
  const entries = running().ledger.entries.filter(({ principal }) => principal === 'workflow');
  expect(entries).toHaveLength(10);
  expect(entries[0]).toMatchObject({ action: 'sign-in', outcome: 'refused', code: 'wrong-password' });
  expect(JSON.stringify(entries)).not.toContain('guess');
});
