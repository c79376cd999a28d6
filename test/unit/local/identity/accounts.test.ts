import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as oidc from 'openid-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '#contract/api/accounts.ts';
import { Secret } from '#domain/secret.ts';
import { Accounts } from '#local/identity/accounts.ts';
import { fits, machineCredential, passwordCredential } from '#local/identity/credentials.ts';
import { openIdentity } from '#local/identity/identity.ts';
import { thrownBy } from '#test/support/refused.ts';
import { password, type Running, startIdentity, temporaryFolder } from './running.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const person: Omit<Account, 'subject'> = { kind: 'person', displayName: 'Somebody', roles: ['subscriber'] };
const open = () => openIdentity({ folder, issuer: 'http://127.0.0.1:8420/identity', organization: 'acme' });

describe('what is kept', () => {
  it('is three files that only their owner may read, in a folder that only its owner may enter', async () => {
    const inner = join(folder, 'identity');
    await openIdentity({ folder: inner, issuer: 'http://127.0.0.1:8420/identity', organization: 'acme' });
    const accounts = await Accounts.open(inner);
    await accounts.add({ ...person, subject: 'ada' });
    expect(readdirSync(inner).sort()).toEqual(['accounts.json', 'keys.json', 'set-up-code']);
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(inner)) expect(statSync(join(inner, name)).mode & 0o777).toBe(0o600);
  });

  it('holds no password and no secret in any form', async () => {
    const accounts = await Accounts.open(folder);
    const { secret: generated } = await accounts.add({ ...person, subject: 'ada' });
    await accounts.add({ ...person, subject: 'grace' }, Secret.fromText(password));
    const { secret } = await accounts.add({ ...person, subject: 'flow', kind: 'machine' });
    const kept = readFileSync(join(folder, 'accounts.json'), 'utf8');
    for (const text of [password, generated?.text(), secret?.text()]) {
      expect(text).toMatch(/.{20}/);
      for (const form of ['utf8', 'base64', 'base64url', 'hex'] as const) {
        expect(kept).not.toContain(Buffer.from(text ?? '').toString(form));
      }
    }
  });

  it('is refused where others may read it', async () => {
    await open();
    for (const name of ['keys.json', 'set-up-code']) {
      chmodSync(join(folder, name), 0o644);
      const error = await thrownBy(open);
      expect(error).toMatchObject({ code: 'provider-misconfigured', details: { field: name } });
      expect(error.next).toContain('chmod 600');
      chmodSync(join(folder, name), 0o600);
    }
  });

  it.each([
    ['keys.json', '{"keys":[]}'],
    ['keys.json', '{"keys":[{"kty":"EC","d":"marked-secret"}]}'],
    ['accounts.json', '{"version":1,"accounts":[{"subject":"ada","marked-secret":1}]}'],
    ['accounts.json', 'marked-secret'],
    ['accounts.json', ''],
    ['set-up-code', 'marked-secret'],
  ])('is refused where it is damaged, and not quoted: %s', async (name, content) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    const error = await thrownBy(open);
    expect(error).toMatchObject({ code: 'provider-misconfigured', details: { field: name } });
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('marked-secret');
  });

  it('is cleared of what a write that was cut short left', async () => {
    const left = join(folder, '.11111111-1111-4111-8111-111111111111.part');
    writeFileSync(left, 'half a secret', { mode: 0o600 });
    await open();
    expect(existsSync(left)).toBe(false);
  });
});

describe('the issuer', () => {
  it.each(['http://127.0.0.1:8420', 'http://127.0.0.1:8420/identity/', 'http://127.0.0.1:8420/x/identity'])(
    'is not opened as %s',
    async (issuer) => {
      const error = await thrownBy(() => openIdentity({ folder, issuer, organization: 'acme' }));
      expect(error).toMatchObject({ name: 'SetUpError', code: 'usage' });
    },
  );

  it('keeps its keys over a restart, so that tokens stay good, and its accounts, so that people sign in', async () => {
    let running: Running = await startIdentity(folder);
    await running.person('ada', ['subscriber']);
    const bearer = await running.bearer('ada');
    await running.close();
    running = await startIdentity(folder, Number(new URL(running.origin).port));
    expect(await running.verifier.verify(bearer)).toMatchObject({ subject: 'ada' });
    expect(await running.bearer('ada')).not.toBe(bearer);
    await running.close();
  });

  it('has lost nothing that it said was done, after it was killed in the middle of things', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'children/add-accounts.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      if (said.length === 5) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const running = await startIdentity(folder);
    const kept = running.identity.accounts.list().map(({ subject }) => subject);
    expect(kept).toEqual(expect.arrayContaining(said.map((line) => line.split(' ')[0])));
    // One more may have been written than was said.
    expect(kept.length - said.length).toBeLessThanOrEqual(1);
    const [id = '', secret = ''] = said.at(-1)?.split(' ') ?? [];
    const options = { execute: [oidc.allowInsecureRequests] };
    const client = await oidc.discovery(
      new URL(running.issuer),
      id,
      secret,
      oidc.ClientSecretBasic(secret),
      options,
    );
    const tokens = await oidc.clientCredentialsGrant(client);
    expect(await running.verifier.verify(`Bearer ${tokens.access_token}`)).toMatchObject({ subject: id });
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    await running.close();
  });
});

it('prints nothing: what the library warns of was set up', () => {
  const script = join(import.meta.dirname, 'children/sign-in.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  expect({ stdout, stderr, status }).toEqual({ stdout: 'Bearer\n', stderr: '', status: 0 });
});

describe('a credential', () => {
  it('of a password fits that password, and no other, and is another each time', async () => {
    const one = await passwordCredential(Secret.fromText(password));
    const other = await passwordCredential(Secret.fromText(password));
    expect(one).not.toEqual(other);
    expect(await fits(one, Secret.fromText(password))).toBe(true);
    for (const wrong of [`${password} `, password.toUpperCase(), '', 'x'.repeat(1_000)]) {
      expect(await fits(one, Secret.fromText(wrong))).toBe(false);
    }
  });

  it('of a machine fits its secret, and no other', async () => {
    const { secret, credential } = machineCredential();
    expect(await fits(credential, secret)).toBe(true);
    expect(await fits(credential, machineCredential().secret)).toBe(false);
  });

  it('that is not there fits nothing', async () => {
    expect(await fits(undefined, Secret.fromText(''))).toBe(false);
  });
});

it('gives no access by a password that was changed while it was checked', async () => {
  const accounts = await Accounts.open(folder);
  await accounts.add({ ...person, subject: 'ada' }, Secret.fromText(password));
  const removed = accounts.withSecret('ada', 'person', Secret.fromText(password));
  await accounts.remove('ada');
  expect(await removed).toBeUndefined();
});
