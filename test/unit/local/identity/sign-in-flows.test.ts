import { once } from 'node:events';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oidc from 'openid-client';
import { describe, expect, it } from 'vitest';
import { StoreError } from '#domain/errors.ts';
import type { Browser, Page } from './browser.ts';
import { password, runningIdentity } from './running.ts';

const running = runningIdentity();

const redirectUri = 'http://127.0.0.1:49152/callback';

/** An authorization request of the command line, and how its answer becomes tokens. */
async function request(change: Record<string, string> = {}) {
  const client = await running().commandLine();
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope: 'openid escrow',
    resource: running().origin,
    ...{ state, nonce, ...change },
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const checks = { pkceCodeVerifier, expectedState: state, expectedNonce: nonce };
  const redeem = (answer: string, overriding: Partial<typeof checks> = {}) =>
    oidc.authorizationCodeGrant(client, new URL(answer), { ...checks, ...overriding });
  return { client, url: url.href, redeem };
}

const signIn = (browser: Browser, page: Page) => browser.submit(page, { subject: 'ada', password });

describe('a person who signs in with a browser', () => {
  it('is sent back to the program, whose code becomes an access token and an ID token', async () => {
    const { url, redeem } = await request();
    const browser = running().browser();
    const page = await browser.open(url);
    expect(page.html).toContain('<label for="password">');
    const landed = await signIn(browser, page);
    expect(landed.url).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback\?code=/);
    const tokens = await redeem(landed.url);
    expect(tokens.claims()).toMatchObject({ sub: 'ada', aud: 'escrow-cli', iss: running().issuer });
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const principal = await running().verifier.verify(`Bearer ${tokens.access_token}`);
    const authTime = expect.any(Number);
    expect(principal).toEqual({ organization: 'acme', subject: 'ada', roles: ['subscriber'], authTime });
    const { iat = 0, exp = 0 } = decodeJwt(tokens.access_token);
    expect(exp - iat).toBe(3_600);
  });

  it('has an ID token that is no access token', async () => {
    const { url, redeem } = await request();
    const browser = running().browser();
    const { url: answer } = await signIn(browser, await browser.open(url));
    const { id_token: idToken } = await redeem(answer);
    await expect(running().verifier.verify(`Bearer ${idToken}`)).rejects.toMatchObject({
      code: 'token-invalid',
    });
  });

  it.each([
    ['nothing is asked for', {}],
    ['a new sign-in is', { prompt: 'login' }],
    ['a recent one is', { max_age: '0' }],
  ])('signs in each time, at a time of its own, where %s', async (_what, change) => {
    const browser = running().browser();
    const times: (number | undefined)[] = [];
    for (let time = 0; time < 2; time++) {
      const { url, redeem } = await request(change);
      const page = await browser.open(url);
      expect(page.html).toContain('<label for="password">');
      const tokens = await redeem((await signIn(browser, page)).url);
      const { authTime } = await running().identity.tokens.verify(`Bearer ${tokens.access_token}`);
      if ('max_age' in change) expect(tokens.claims()?.auth_time).toBe(authTime);
      times.push(authTime);
      await setTimeout(1_100);
    }
    expect(times[1]).toBeGreaterThan(times[0] ?? Number.POSITIVE_INFINITY);
  });

  it('is not signed in silently, not even right after signing in', async () => {
    const browser = running().browser();
    const first = await request();
    await signIn(browser, await browser.open(first.url));
    const { url } = await request({ prompt: 'none' });
    expect(new URL((await browser.open(url)).url).searchParams.get('error')).toBe('login_required');
  });

  it('may stop, and the program is told', async () => {
    const { url } = await request();
    const browser = running().browser();
    const landed = await browser.submit(await browser.open(url), { decision: 'cancel' });
    expect(new URL(landed.url).searchParams.get('error')).toBe('access_denied');
  });

  it('may be another one than before in the same browser', async () => {
    const browser = running().browser();
    await signIn(browser, await browser.open((await request()).url));
    const { url, redeem } = await request();
    const page = await browser.submit(await browser.open(url), { subject: 'root', password });
    expect((await redeem(page.url)).claims()?.sub).toBe('root');
  });
});

describe('an authorization request', () => {
  it.each([
    'https://evil.example/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://localhost:49152/callback',
    'http://127.0.0.1:49152/elsewhere',
    'http://127.0.0.1:49152/callback/../x',
    'http://user@127.0.0.1:49152/callback',
    'https://127.0.0.1/callback',
    'javascript:alert(1)',
  ])('is not answered at %s', async (uri) => {
    const { url } = await request({ redirect_uri: uri });
    const page = await running().browser().open(url);
    expect(page).toMatchObject({ status: 400 });
    expect(page.url).toContain(running().origin);
    expect(page.html).toContain('Nothing was sent there');
  });

  it('without PKCE is refused', async () => {
    const { url } = await request();
    const bare = new URL(url);
    bare.searchParams.delete('code_challenge');
    bare.searchParams.delete('code_challenge_method');
    const { searchParams } = new URL((await running().browser().open(bare.href)).url);
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['invalid_request', null]);
  });

  it('with the plain method of PKCE, another response type or a scripted answer is refused', async () => {
    const { url } = await request();
    for (const [name, value] of [
      ['code_challenge_method', 'plain'],
      ['response_type', 'code id_token'],
      ['response_mode', 'fragment'],
    ]) {
      const changed = new URL(url);
      changed.searchParams.set(name ?? '', value ?? '');
      const { url: landed } = await running().browser().open(changed.href);
      expect(landed).toContain('error=');
      expect(landed).not.toContain('code=');
    }
  });

  it('for another resource or by an unknown client is refused', async () => {
    const { url } = await request({ resource: 'https://other.example/' });
    expect((await running().browser().open(url)).url).toContain('error=invalid_target');
    const unknown = new URL((await request()).url);
    unknown.searchParams.set('client_id', '<script>alert(1)</script>');
    const page = await running().browser().open(unknown.href);
    expect([page.status, page.html.includes('<script')]).toEqual([400, false]);
  });
});

describe('a code', () => {
  const codeOf = async (made: Awaited<ReturnType<typeof request>>) => {
    const browser = running().browser();
    return (await signIn(browser, await browser.open(made.url))).url;
  };

  it('is worth nothing without the secret that PKCE binds it to', async () => {
    const made = await request();
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    await expect(made.redeem(await codeOf(made), { pkceCodeVerifier })).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('is good once', async () => {
    const made = await request();
    const answer = await codeOf(made);
    await made.redeem(answer);
    await expect(made.redeem(answer)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('is worth nothing once the account is gone', async () => {
    const made = await request();
    const answer = await codeOf(made);
    await running().identity.accounts.remove('ada');
    await expect(made.redeem(answer)).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a person who signs in on a device without a browser', () => {
  it('enters its code elsewhere, confirms it, and signs in there', async () => {
    const client = await running().commandLine();
    const device = await oidc.initiateDeviceAuthorization(client, {
      scope: 'openid',
      resource: running().origin,
    });
    await expect(poll(client, device)).rejects.toMatchObject({ error: 'authorization_pending' });
    const browser = running().browser();
    const entered = await browser.submit(await browser.open(device.verification_uri), {
      user_code: device.user_code.toLowerCase(),
    });
    expect(entered.html).toContain(`<code>${device.user_code}</code>`);
    const done = await signIn(browser, await browser.submit(entered, {}));
    expect(done.html).toContain('You are signed in');
    const tokens = await poll(client, device);
    const principal = await running().verifier.verify(`Bearer ${tokens.access_token}`);
    expect(principal).toMatchObject({ subject: 'ada', authTime: expect.any(Number) });
    await expect(poll(client, device)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('says no on the way, and the device is told', async () => {
    const client = await running().commandLine();
    const device = await oidc.initiateDeviceAuthorization(client, { scope: 'openid' });
    const browser = running().browser();
    const entered = await browser.submit(await browser.open(device.verification_uri), {
      user_code: device.user_code,
    });
    expect((await browser.submit(entered, { abort: 'yes' })).html).toContain('You stopped this');
    await expect(poll(client, device)).rejects.toMatchObject({ error: 'access_denied' });
  });

  it('is told what is wrong with a code', async () => {
    const browser = running().browser();
    const page = await browser.open(`${running().issuer}/device`);
    expect((await browser.submit(page, { user_code: '' })).html).toContain('Type the code');
    const again = await browser.submit(await browser.open(page.url), { user_code: '"><script>' });
    expect(again.html).toContain('There is no such code');
    expect(again.html).not.toContain('<script');
  });

  it('does not enter a code by following an address that holds it', async () => {
    const client = await running().commandLine();
    const { verification_uri_complete: complete = '' } = await oidc.initiateDeviceAuthorization(client, {
      scope: 'openid',
    });
    const page = await running().browser().open(complete);
    expect(page.html).toContain('<label for="user_code">');
    expect(page.html).not.toContain('<script');
  });

  it('sends the form that was shown, and no other', async () => {
    const client = await running().commandLine();
    const device = await oidc.initiateDeviceAuthorization(client, { scope: 'openid' });
    const browser = running().browser();
    const page = await browser.open(device.verification_uri);
    const forged = await browser.submit(page, {
      user_code: device.user_code,
      confirm: 'yes',
      xsrf: 'forged',
    });
    expect(forged.status).toBe(400);
    await expect(poll(client, device)).rejects.toMatchObject({ error: 'authorization_pending' });
  });
});

/** One question whether the device may have its tokens. */
function poll(client: oidc.Configuration, { device_code }: { device_code: string }) {
  const grant = 'urn:ietf:params:oauth:grant-type:device_code';
  return oidc.genericGrantRequest(client, grant, { device_code });
}

describe('a terminal that signs a person in by password', () => {
  it('has a token with the time of that, for the audience', async () => {
    const principal = await running().verifier.verify(await running().bearer('ada'));
    expect(principal).toMatchObject({ organization: 'acme', subject: 'ada', roles: ['subscriber'] });
    expect(Math.abs((principal.authTime ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
  });

  it.each<[string, Record<string, string>, string]>([
    ['a wrong password', { username: 'ada', password: 'another password' }, 'invalid_grant'],
    ['a name that is nobody', { username: 'nobody', password }, 'invalid_grant'],
    ['no password', { username: 'ada' }, 'invalid_request'],
    ['another resource', { username: 'ada', password, resource: 'urn:other' }, 'invalid_target'],
  ])('is refused with %s', async (_what, parameters, error) => {
    const client = await running().commandLine();
    await expect(oidc.genericGrantRequest(client, 'password', parameters)).rejects.toMatchObject({ error });
    expect(running().failures).toEqual([]);
  });
});

/** A client that is not known by its secret (RFC 6749 section 5.2). */
const invalidClient = { status: 401, cause: [{ parameters: { error: 'invalid_client' } }] };

describe('a machine', () => {
  const added = async () => {
    const { accounts } = running().identity;
    const account = {
      subject: 'workflow',
      displayName: 'Workflow',
      kind: 'machine',
      roles: ['enrollment-workflow'],
    };
    const { secret } = await accounts.add({ ...account, kind: 'machine', roles: ['enrollment-workflow'] });
    return secret?.text() ?? '';
  };
  const as = (id: string, secret: string) =>
    oidc.discovery(new URL(running().issuer), id, secret, oidc.ClientSecretBasic(secret), {
      execute: [oidc.allowInsecureRequests],
    });

  it('signs in with its secret, and has a token without a time of signing in', async () => {
    const tokens = await oidc.clientCredentialsGrant(await as('workflow', await added()), {
      resource: running().origin,
    });
    expect(await running().verifier.verify(`Bearer ${tokens.access_token}`)).toEqual({
      organization: 'acme',
      subject: 'workflow',
      roles: ['enrollment-workflow'],
    });
  });

  it('is refused with another secret, with the one before, and once it is gone', async () => {
    const secret = await added();
    const ask = async (given: string) => oidc.clientCredentialsGrant(await as('workflow', given));
    await expect(ask('another')).rejects.toMatchObject(invalidClient);
    const { secret: next } = await running().identity.accounts.setPassword('workflow');
    await expect(ask(secret)).rejects.toMatchObject(invalidClient);
    expect(await ask(next?.text() ?? '')).toMatchObject({ token_type: 'bearer' });
    await running().identity.accounts.remove('workflow');
    await expect(ask(next?.text() ?? '')).rejects.toMatchObject(invalidClient);
  });

  it('does not sign in as a person does, nor a person as it does', async () => {
    const secret = await added();
    const client = await running().commandLine();
    const asPerson = oidc.genericGrantRequest(client, 'password', { username: 'workflow', password: secret });
    await expect(asPerson).rejects.toMatchObject({ error: 'invalid_grant' });
    const asMachine = oidc.clientCredentialsGrant(await as('ada', password));
    await expect(asMachine).rejects.toMatchObject(invalidClient);
    const byPassword = oidc.genericGrantRequest(await as('workflow', secret), 'password', {
      username: 'ada',
      password,
    });
    await expect(byPassword).rejects.toMatchObject({ error: 'invalid_request' });
  });
});

describe('a password', () => {
  it('that is wrong ten times makes the account wait, whichever way it comes, and says so', async () => {
    const client = await running().commandLine();
    const wrong = () => oidc.genericGrantRequest(client, 'password', { username: 'ada', password: 'wrong' });
    for (let time = 0; time < 9; time++)
      await expect(wrong()).rejects.toMatchObject({ error: 'invalid_grant' });
    const browser = running().browser();
    const page = await browser.open((await request()).url);
    const tenth = await browser.submit(page, { subject: 'ada', password: 'wrong' });
    expect([tenth.status, tenth.html.includes('is not right')]).toEqual([400, true]);
    const right = await signIn(browser, tenth);
    expect([right.status, right.html.includes('Wait fifteen minutes')]).toEqual([429, true]);
    expect((await running().bearer('root')).length).toBeGreaterThan(100);
    running().clock.advance(15 * 60_000);
    expect((await signIn(browser, right)).url).toContain('code=');
  });

  it('that an administrator sets anew lifts the wait', async () => {
    const client = await running().commandLine();
    const wrong = () => oidc.genericGrantRequest(client, 'password', { username: 'ada', password: 'wrong' });
    for (let time = 0; time < 10; time++)
      await expect(wrong()).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(running().bearer('ada')).rejects.toMatchObject({ error: 'invalid_grant' });
    const response = await fetch(`${running().issuer}/accounts/ada/password`, {
      method: 'POST',
      headers: { authorization: await running().bearer('root'), 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    });
    expect(response.status).toBe(200);
    expect(await running().bearer('ada')).toMatch(/^Bearer /);
  });

  it('that comes in many guesses at once gets no more than ten', async () => {
    const tries = Array.from(
      { length: 25 },
      () =>
        running().identity &&
        oidcTry('ada', 'wrong').then(
          () => 'in',
          (error: { error_description?: string }) => error.error_description,
        ),
    );
    const said = await Promise.all(tries);
    expect(said.filter((each) => each === 'the name or the password is wrong')).toHaveLength(10);
    expect(said.filter((each) => each?.startsWith('too many'))).toHaveLength(15);
  });

  it('is recorded as refused or done, with who and why, and never itself', async () => {
    await expect(oidcTry('ada', 'wrong password')).rejects.toBeDefined();
    await expect(oidcTry('Somebody Else', 'wrong password')).rejects.toBeDefined();
    await running().bearer('ada');
    const entries = running().ledger.entries.filter(({ action }) => action === 'sign-in');
    expect(entries.map(({ principal, outcome, code }) => [principal, outcome, code])).toEqual([
      ['ada', 'refused', 'wrong-password'],
      ['unknown', 'refused', 'wrong-password'],
      ['ada', 'done', undefined],
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/wrong password|long enough|Somebody/);
  });
});

describe('a sign-in that cannot be recorded', () => {
  it('signs nobody in, and says no more than that something failed', async () => {
    const browser = running().browser();
    const page = await browser.open((await request()).url);
    const { record } = running().ledger;
    running().ledger.record = () => Promise.reject(new StoreError('store-unavailable'));
    const failed = await signIn(browser, page);
    expect([failed.status, failed.html.includes('Something failed inside')]).toEqual([500, true]);
    await expect(running().bearer('ada')).rejects.toMatchObject({ cause: { status: 500 } });
    expect(running().failures).toMatchObject([{ code: 'store-unavailable' }, { code: 'store-unavailable' }]);
    running().ledger.record = record;
    expect((await signIn(browser, page)).url).toContain('code=');
  });
});

async function oidcTry(username: string, tried: string) {
  return await oidc.genericGrantRequest(await running().commandLine(), 'password', {
    username,
    password: tried,
  });
}

describe('the pages', () => {
  it('fetch nothing, run nothing, cannot be framed, and are told apart by their languages and labels', async () => {
    const page = await running()
      .browser()
      .open((await request()).url);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.html).toContain('<html lang="en">');
    expect(page.html).not.toMatch(/<script|<link|<img|https?:\/\/(?!127)|\son\w+=/);
    expect(page.headers.get('cache-control')).toContain('no-store');
  });

  it('escape what was typed', async () => {
    const browser = running().browser();
    const page = await browser.open((await request()).url);
    const again = await browser.submit(page, { subject: '"><script>alert(1)</script>', password: 'x' });
    expect(again.html).toContain('&quot;&gt;&lt;script&gt;');
    expect(again.html).not.toContain('<script');
  });

  it('take no form of another site, none of another browser, none that is too long or doubled', async () => {
    const browser = running().browser();
    const page = await browser.open((await request()).url);
    const fields = { subject: 'ada', password };
    const foreign = await browser.submit(page, fields, { origin: 'https://evil.example' });
    expect([foreign.status, foreign.html.includes('Fill it in again')]).toEqual([400, true]);
    expect((await running().browser().submit(page, fields)).html).toContain('has run out');
    expect((await browser.submit(page, { ...fields, more: 'x'.repeat(20_000) })).status).toBe(400);
    const body = new URLSearchParams([...Object.entries(fields), ['subject', 'root']]);
    expect((await browser.open(page.url, { body })).status).toBe(400);
    expect((await browser.submit(page, fields, { origin: running().origin })).url).toContain('code=');
  });

  it('are found at the issuer alone, whatever Host the sender names', async () => {
    expect((await running().browser().open(`${running().issuer}/nothing`)).status).toBe(404);
    expect((await running().browser().open(running().issuer)).status).toBe(404);
    expect((await running().browser().open(`${running().issuer}?nothing`)).status).toBe(404);
    const asked = get(`${running().issuer}/.well-known/openid-configuration`, {
      headers: { host: 'evil.example' },
    });
    const [response] = await once(asked, 'response');
    expect(await text(response)).not.toContain('evil.example');
    expect(running().failures).toEqual([]);
  });
});
