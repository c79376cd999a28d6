import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CliPeople, type CliPerson, done } from '#test/support/cli-people.ts';
import { testServer } from '#test/support/server.ts';
import { dialogue } from '../unit/cli/dialogue.ts';

// The first start, as a person meets it.

const code = (data: string) => join(data, 'identity/set-up-code');
const named = '--name Example --contact help@example.org --administrator root --password-file password';

async function organization(person: CliPerson): Promise<unknown> {
  return JSON.parse(await done(person, 'escrow organization show --json'));
}

describe('escrow init, at a terminal', () => {
  const server = testServer();
  const root = new CliPeople(server).person('root');
  beforeAll(() => server.start());

  it('asks for what it needs, and sets up the organization, its administrator and its recovery key', async () => {
    root.environment['ESCROW_SERVER'] = server.url;
    const { status, screen } = await dialogue(
      root,
      `escrow init --set-up-code-file ${code(server.data)}`,
      [
        ['Account name of the administrator: ', 'root\r'],
        ['New password of root: ', `${root.password}\r`],
        ['again: ', `${root.password}\r`],
        ['Name of the organization', 'Example Corp\r'],
        ['Whom a refused person may ask', 'Help desk, +1 555 0100\r'],
        ['File for the private half of the recovery key', 'recovery.private.jwk\r'],
      ],
      root.environment,
    );
    expect(screen).toContain('The account root is there, as administrator.');
    expect(screen).toContain(
      'The private half is in recovery.private.jwk. Without it, nothing in escrow can be recovered.',
    );
    expect(screen).toContain('Example Corp (example) is set up.');
    expect(status).toBe(0);
    expect(screen).not.toContain(root.password);
  });

  it('gave the service the public half of the recovery key only', async () => {
    const privateKey = JSON.parse(root.read('recovery.private.jwk').toString());
    expect(root.mode('recovery.private.jwk')).toBe(0o600);
    const { kty, crv, x, y, kid, d } = privateKey;
    expect(await organization(root)).toMatchObject({
      name: 'Example Corp',
      contact: 'Help desk, +1 555 0100',
      recoveryKey: { kty, crv, x, y, kid },
      policy: { version: '1' },
    });
    expect(JSON.stringify(await organization(root))).not.toContain(d);
  });

  it('is done once: the code is gone, and run again it changes nothing', async () => {
    expect(existsSync(code(server.data))).toBe(false);
    const before = await organization(root);
    const again = await root.run(`escrow init --set-up-code-file ${code(server.data)}`);
    expect(again).toMatchObject({ status: 0, stdout: '' });
    expect(again.stderr).toContain('is set up already');
    expect(await organization(root)).toEqual(before);
  });
});

describe('escrow init, run by npm', () => {
  const server = testServer();
  const root = new CliPeople(server).person('root');
  beforeAll(() => server.start());

  it('finds the code in the folder that npm serves in, and the files where the person stands', async () => {
    mkdirSync(root.path('.escrow/identity'), { recursive: true });
    copyFileSync(code(server.data), root.path('.escrow/identity/set-up-code'));
    mkdirSync(root.path('sub'));
    root.write('sub/password', root.password);
    Object.assign(root.environment, { npm_lifecycle_event: 'escrow', INIT_CWD: root.path('sub') });
    // Its input makes it a process, which takes the person's folder for its own.
    await done(root, `escrow init ${named} --recovery-key recovery.jwk`, '');
    expect(root.mode('sub/recovery.jwk')).toBe(0o600);
    expect(root.list()).not.toContain('recovery.jwk');
  });
});

describe('escrow init, of a server that is set up', () => {
  const server = testServer();
  const people = new CliPeople(server);
  const root = people.person('root');
  const eva = people.person('eva');

  beforeAll(async () => {
    await server.start();
    await people.setUp(root);
    await people.add(root, eva, 'subscriber');
  });

  it('is nothing for others to do', async () => {
    const { status, stderr } = await eva.run('escrow init --recovery-key mine.jwk');
    expect(status).toBe(4);
    expect(stderr).toContain('(not-permitted)');
    expect(eva.list()).not.toContain('mine.jwk');
  });

  it('asks whoever is not signed in for the password of the administrator', async () => {
    const stranger = people.person('stranger');
    const { status, stderr } = await stranger.run(`escrow init ${named} --recovery-key new.jwk`);
    expect(status).toBe(1);
    expect(stderr).toContain('No set-up code is there');
    expect(stderr).toContain('(sign-in-failed)');
    expect(stranger.list()).not.toContain('new.jwk');
  });
});

describe('escrow init, with something wrong', () => {
  const server = testServer();
  const people = new CliPeople(server);
  const root = people.person('root');
  beforeAll(() => server.start());

  const init = (more: string) => root.run(`escrow init --set-up-code-file ${code(server.data)} ${more}`);

  it.each([
    [`${named} --recovery-key password`, 1, 'password: it exists already'],
    [`${named} --recovery-key r.jwk --policy missing`, 2, 'missing/policy.cedar: there is no such file'],
    [`${named} --recovery-key r.jwk --set-up-code-file password`, 2, 'it does not hold a set-up code'],
    ['--recovery-key r.jwk', 2, 'Say it with --administrator'],
  ])('does nothing at all: %s', async (options, expected, why) => {
    const { status, stderr } = await init(options);
    expect({ status, why: stderr.includes(why) }, stderr).toEqual({ status: expected, why: true });
    expect(existsSync(code(server.data))).toBe(true);
    expect(root.list()).toEqual(['password']);
  });

  it('adds nobody with a password that is too weak', async () => {
    root.write('weak', 'short');
    const { status, stderr } = await init(
      `${named.replace('--password-file password', '--password-file weak')} --recovery-key r.jwk`,
    );
    expect(status).toBe(1);
    expect(stderr).toContain('(password-too-weak)');
    expect(existsSync(code(server.data))).toBe(true);
  });
});

describe('escrow init, broken off', () => {
  const server = testServer();
  const root = new CliPeople(server).person('root');
  beforeAll(() => server.start());

  const init = (more: string) => root.run(`escrow init --set-up-code-file ${code(server.data)} ${more}`);

  it('goes on where it was: after the administrator was added', async () => {
    // Without a name it stops there.
    const first = await init('--administrator root --password-file password');
    expect(first).toMatchObject({ status: 2 });
    expect(first.stderr).toContain('The account root is there');
    expect(first.stderr).toContain('Say it with --name.');
    expect(existsSync(code(server.data))).toBe(false);
  });

  it('or signed in elsewhere: it asks for the password', async () => {
    await done(root, 'escrow logout');
    const second = await init('--administrator root --password-file password --name Example');
    expect(second).toMatchObject({ status: 2 });
    expect(second.stderr).toContain('Say it with --contact.');
  });

  it('or the recovery key was written: it takes that one, if told so, and no other file', async () => {
    await done(root, 'escrow recovery init --out recovery.jwk');
    const kept = root.read('recovery.jwk');
    const refused = await init(`${named} --recovery-key recovery.jwk`);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('or say --continue');
    const wrong = await init(`${named} --recovery-key password --continue`);
    expect(wrong).toMatchObject({ status: 2 });
    expect(wrong.stderr).toContain('password: it is not JSON');

    const { status, stderr } = await init(`${named} --recovery-key recovery.jwk --continue`);
    expect(stderr).toContain('Goes on with the recovery key of the earlier run.');
    expect(status).toBe(0);
    expect(root.read('recovery.jwk')).toEqual(kept);
    const { kid, x } = JSON.parse(kept.toString());
    expect(await organization(root)).toMatchObject({ name: 'Example', recoveryKey: { kid, x } });
  });
});
