import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { startCommand } from '#test/support/background-command.ts';
import { testServer } from '#test/support/server.ts';
import { dialogue } from '../unit/cli/dialogue.ts';
import { json, scriptedServer } from '../unit/cli/scripted-server.ts';
import { type Shell, shell, wordsOf } from '../unit/cli/shell.ts';
import { Browser } from '../unit/local/identity/browser.ts';

// The ways to sign in, by the real command line against the real server and its evaluation issuer.

const server = testServer();
const password = `Kauz ${randomBytes(9).toString('hex')}`;
const environment: Record<string, string> = {};
const home = shell(environment);

/** A person with sign-ins of their own. */
function person(name: string): Shell & { signIns: string } {
  const signIns = home.path(`${name}.sign-ins.json`);
  const own = shell({ ESCROW_SERVER: server.url, ESCROW_CREDENTIALS: signIns });
  return { ...own, signIns };
}

beforeAll(async () => {
  await server.start();
  environment['ESCROW_SERVER'] = server.url;
  environment['ESCROW_CREDENTIALS'] = home.path('root.sign-ins.json');
  home.write('root.password', password);
  const code = `${server.data}/identity/set-up-code`;
  const done = await home.run(
    `escrow init --name Example --contact help@example.org --administrator root --password-file root.password --recovery-key recovery.jwk --set-up-code-file ${code}`,
  );
  expect(done).toMatchObject({ status: 0 });
  const added = await home.run('escrow accounts add eva --role subscriber --password-file root.password');
  expect(added).toMatchObject({ status: 0 });
});

async function whoIs({ run }: Shell): Promise<unknown> {
  return JSON.parse((await run('escrow whoami --json')).stdout);
}

describe('escrow login --user', () => {
  it('signs in by a password from a file, which leaves the machine in the request alone', async () => {
    const eva = person('eva-by-file');
    eva.write('password', `${password}\n`);
    const { status, stdout, stderr } = await eva.run('escrow login --user eva --password-file password');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^Signed in to http:\S+ as eva, until \S+Z\.\n$/);
    expect(await whoIs(eva)).toMatchObject({
      server: server.url,
      subject: 'eva',
      organization: 'example',
      roles: ['subscriber'],
      issuer: `${server.url}/identity`,
      signedInAt: expect.any(String),
      expired: false,
    });
    expect(home.mode('eva-by-file.sign-ins.json')).toBe(0o600);
    expect(home.read('eva-by-file.sign-ins.json').toString()).not.toContain(password);
  });

  it('asks for the password at a terminal, and shows nothing of it', async () => {
    const eva = person('eva-at-terminal');
    const { status, screen } = await dialogue(
      eva,
      'escrow login --user eva',
      [['Password of eva: ', `${password}\r`]],
      {
        ESCROW_SERVER: server.url,
        ESCROW_CREDENTIALS: eva.signIns,
      },
    );
    expect(status).toBe(0);
    expect(screen).toContain('Signed in to');
    expect(screen).not.toContain(password);
  });

  it('says that the password is wrong, and keeps nothing', async () => {
    const eva = person('eva-wrong');
    const { status, stderr } = await eva.run('escrow login --user eva --password-file -', 'another');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^escrow: .*\(sign-in-failed\)\n$/);
    expect(await eva.run('escrow whoami')).toMatchObject({ status: 4, stdout: '' });
  });
});

describe('escrow login', () => {
  it.each([[''], [' --fresh']])('signs in by a browser on this machine:%s', async (option) => {
    const eva = person(`eva-by-browser${option.trim()}`);
    const variables = { ESCROW_SERVER: server.url, ESCROW_CREDENTIALS: eva.signIns };
    const login = startCommand(wordsOf(`escrow login${option}`), eva.path('.'), variables);
    const [, address = ''] = await login.says(/^ {2}(http\S+)$/m);
    expect(new URL(address).searchParams.get('prompt')).toBe(option === '' ? null : 'login');
    expect(new URL(address).searchParams.get('code_challenge_method')).toBe('S256');

    const browser = new Browser(new URL(server.url).origin);
    const back = await browser.submit(await browser.open(address), {
      subject: 'eva',
      password,
      decision: 'sign-in',
    });
    // Whoever else asks on that port is not heard.
    const foreign = await fetch(new URL('/callback?code=stolen&state=guessed', back.url));
    expect(foreign.status).toBe(404);
    const page = await fetch(back.url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('go on in the terminal');
    expect(await login.ended).toBe(0);
    expect(login.said()).toContain(' as eva, until ');
    expect(await whoIs(eva)).toMatchObject({ subject: 'eva', expired: false });
  });

  it('says that it was given up in the browser', async () => {
    const eva = person('eva-gives-up');
    const variables = { ESCROW_SERVER: server.url, ESCROW_CREDENTIALS: eva.signIns };
    const login = startCommand(wordsOf('escrow login'), eva.path('.'), variables);
    const [, address = ''] = await login.says(/^ {2}(http\S+)$/m);
    const browser = new Browser(new URL(server.url).origin);
    const back = await browser.submit(await browser.open(address), { decision: 'cancel' });
    expect(await (await fetch(back.url)).text()).toContain('The terminal says why');
    expect(await login.ended).toBe(1);
    expect(login.said()).toContain(
      'The sign-in was refused, or given up. Run the same again. (sign-in-failed)',
    );
  });

  it('--device signs in by a browser anywhere', async () => {
    const eva = person('eva-by-device');
    const variables = { ESCROW_SERVER: server.url, ESCROW_CREDENTIALS: eva.signIns };
    const login = startCommand(wordsOf('escrow login --device'), eva.path('.'), variables);
    const [, address = '', code = ''] = await login.says(/open\s+(http\S+)\s+and enter the code {2}(\S+)/);
    const browser = new Browser(new URL(server.url).origin);
    const entered = await browser.submit(await browser.open(address), { user_code: code });
    const page = await browser.submit(entered, {});
    await browser.submit(page, { subject: 'eva', password, decision: 'sign-in' });
    expect(await login.ended).toBe(0);
    expect(await whoIs(eva)).toMatchObject({ subject: 'eva', signedInAt: expect.any(String) });
  });

  it('signs a machine in by its secret', async () => {
    const add =
      'escrow accounts add workflow --machine --role enrollment-workflow --secret-out workflow.secret';
    expect(await home.run(add)).toMatchObject({ status: 0 });
    expect(home.mode('workflow.secret')).toBe(0o600);
    const machine = person('workflow');
    const secret = home.path('workflow.secret');
    const login = `escrow login --client-id workflow --client-secret-file ${secret}`;
    expect(await machine.run(login)).toMatchObject({ status: 0 });
    expect(await whoIs(machine)).toMatchObject({
      subject: 'workflow',
      roles: ['enrollment-workflow'],
      signedInAt: null,
    });
    machine.write('wrong.secret', 'x');
    const wrong = await machine.run('escrow login --client-id workflow --client-secret-file wrong.secret');
    expect(wrong).toMatchObject({ status: 1 });
    expect(wrong.stderr).toContain('Check --client-id and the secret.');
  });
});

describe('escrow logout', () => {
  it('forgets the sign-in to the server, and no other', async () => {
    const eva = person('eva-leaves');
    eva.write('password', password);
    await eva.run('escrow login --user eva --password-file password');
    expect(await eva.run('escrow logout')).toMatchObject({
      status: 0,
      stderr: `Signed out of ${server.url}.\n`,
    });
    expect(await eva.run('escrow logout')).toMatchObject({
      status: 0,
      stderr: `You were not signed in to ${server.url}.\n`,
    });
    const after = await eva.run('escrow list');
    expect(after).toMatchObject({ status: 4, stdout: '' });
    expect(after.stderr).toContain('Sign in first: escrow login');
  });
});

describe('a token of one’s own', () => {
  it('goes before the stored sign-in', async () => {
    const token = Object.values<{ accessToken: string }>(
      JSON.parse(home.read('root.sign-ins.json').toString()).servers,
    )[0]?.accessToken;
    const other = person('no-sign-in');
    other.write('token', `${token}\n`);
    expect(await other.run('escrow status --token-file token')).toMatchObject({ status: 0, stderr: '' });
    expect(await other.run('escrow status --token-file -', `${token}`)).toMatchObject({ status: 0 });
    const byVariable = shell({
      ESCROW_SERVER: server.url,
      ESCROW_TOKEN_FILE: other.path('token'),
      ESCROW_CREDENTIALS: '/nonexistent',
    });
    expect(await byVariable.run('escrow whoami')).toMatchObject({ status: 0 });
  });

  it('is not quoted where it is none, or is refused', async () => {
    const other = person('wrong-token');
    other.write('token', 'hunter2 and more');
    const notOne = await other.run('escrow status --token-file token');
    expect(notOne).toMatchObject({ status: 2, stdout: '' });
    other.write('forged', 'aHVudGVyMg.aHVudGVyMg.aHVudGVyMg');
    const forged = await other.run('escrow status --token-file forged');
    expect(forged).toMatchObject({ status: 4, stdout: '' });
    expect(forged.stderr).toContain('(token-invalid)');
    expect(notOne.stderr + forged.stderr).not.toMatch(/hunter2|aHVudGVyMg/);
  });
});

describe('a server that would have tokens made for another', () => {
  const metadata = (resource: string, issuer: string) => ({
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    scopes_supported: [],
  });

  it.each(['https://victim.example.org', 'urn:enrollment-key-escrow'])(
    'is not signed in to: %s',
    async (resource) => {
      const foreign = await scriptedServer(json(metadata(resource, `${server.url}/identity`)));
      const eva = person('eva-misled');
      const { status, stderr } = await eva.run(
        `escrow login --user eva --password-file - --server ${foreign.url}`,
        password,
      );
      expect(status).toBe(2);
      expect(stderr).toContain(`it calls itself ${resource}`);
      expect(JSON.stringify(foreign.seen)).not.toContain(password);
    },
  );

  it('or to an issuer in clear beyond this machine, is not either', async () => {
    const foreign = await scriptedServer((response, request, seen) => {
      const own = `http://${request.headers.host}`;
      json(metadata(own, 'http://issuer.example.org'))(response, request, seen);
    });
    const eva = person('eva-in-clear');
    const { status, stderr } = await eva.run(
      `escrow login --user eva --password-file - --server ${foreign.url}`,
      password,
    );
    expect(status).toBe(2);
    expect(stderr).toContain('over https only');
  });

  it('says so where the issuer does not answer, or is none', async () => {
    const gone = await scriptedServer(json({}));
    await gone.close();
    const cases = [
      [gone.url, 5, 'server-unreachable'],
      ['self', 1, 'sign-in-failed'],
    ] as const;
    for (const [issuer, expected, code] of cases) {
      const foreign = await scriptedServer((response, request, seen) => {
        const own = `http://${request.headers.host}`;
        const isMetadata = request.url?.includes('oauth-protected-resource') === true;
        json(
          isMetadata
            ? metadata(own, issuer === 'self' ? own : issuer)
            : { issuer: 'https://other.example.org' },
        )(response, request, seen);
      });
      const { status, stderr } = await person('eva-lost').run(
        `escrow login --user eva --password-file - --server ${foreign.url}`,
        password,
      );
      expect({ status, code: /\(([a-z-]+)\)\n$/.exec(stderr)?.[1] }).toEqual({ status: expected, code });
    }
  });
});
