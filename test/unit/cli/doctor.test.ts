import { describe, expect, it } from 'vitest';
import { routes } from '#contract/routes.ts';
import {
  clockCheck,
  nodeCheck,
  serverChecks,
  signInCheck,
  stuckCheck,
  versionCheck,
} from '../../../cli/doctor/checks.ts';
import { clientOf } from '../../../cli/server/client.ts';
import { version } from '../../../cli/version.ts';
import { json, problem, type ScriptedAnswer, scriptedServer } from './scripted-server.ts';
import { shell } from './shell.ts';

const now = Date.parse('2026-01-31T08:00:00Z');
const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
const session = { server: 'http://127.0.0.1:1', timeout: 1_000, credentials: '/x', signIn: undefined };
const inMinutes = (minutes: number) => now / 1_000 + minutes * 60;

describe('what is checked here', () => {
  it.each([
    ['24.21.0', 'ok'],
    ['26.0.1', 'ok'],
    ['22.1.0', 'mend'],
  ])('Node %s is %s', (node, result) => expect(nodeCheck(node).result).toBe(result));

  it.each([
    [undefined, 'mend', 'not signed in'],
    [
      token({ sub: 'ada', roles: ['auditor'], exp: inMinutes(59) }),
      'ok',
      'as ada (auditor), for 59 min more',
    ],
    [token({ sub: 'ada', exp: inMinutes(2) }), 'note', 'for 2 min more'],
    [token({ sub: 'ada', exp: inMinutes(-1) }), 'mend', 'ran out: escrow login'],
    ['opaque', 'ok', 'as somebody'],
  ])('a token %s is %s', (held, result, says) => {
    expect(signInCheck({ ...session, token: held }, now)).toMatchObject({
      result,
      says: expect.stringContaining(says),
    });
  });

  it.each([
    [0.2, 'ok', 'within 1 s'],
    [-29, 'ok', 'within 29 s'],
    [120, 'mend', "120 s behind the server's"],
    [-31, 'mend', "31 s ahead of the server's"],
  ])('a clock that differs by %d s is %s', (seconds, result, says) => {
    expect(clockCheck(seconds)).toMatchObject({ result, says: expect.stringContaining(says) });
  });

  it.each([
    [`enrollment-key-escrow ${version}`, 'ok'],
    ['enrollment-key-escrow 99.0.0', 'note'],
    ['unreleased', 'ok'],
  ])('a server of build %s is %s', (build, result) => expect(versionCheck(build).result).toBe(result));

  it.each([
    [0, 0, 'ok', 'nothing in the making'],
    [14 * 60, 3, 'ok', '3 in the making'],
    [30 * 60, 3, 'mend', 'the oldest waits for 30 min'],
  ])('work that waits for %i s is %s', (oldest, making, result, says) => {
    expect(stuckCheck(oldest, making)).toMatchObject({ result, says: expect.stringContaining(says) });
  });
});

describe('what is checked of the server', () => {
  const organization = {
    ...{ id: 'example', version: 1, name: 'Example', contact: 'x', custody: 'software', receiptKeyId: 'k' },
    recoveryKey: {},
    policy: { version: '1' },
    retentionDays: 1,
  };
  const status = (change: object = {}) => ({
    ...{ build: 'b', time: '2026-01-31T08:00:00Z', custody: { kind: 'software', answers: true } },
    enrollments: { accepted: 0, 'awaiting-subscriber': 1, making: 0, ready: 2, refused: 0, destroyed: 0 },
    ...{ messages: { waiting: 0 }, deadLetters: 0 },
    ...change,
  });

  /** The findings that are not well, of a server that answers so. */
  async function findings(answers: Partial<Record<string, ScriptedAnswer>>) {
    const health = { status: 'ok', build: version, time: new Date().toISOString() };
    const all: Partial<Record<string, ScriptedAnswer>> = {
      [routes.readHealth.path]: json(health),
      [routes.showOrganization.path]: json(organization),
      [routes.readStatus.path]: json(status()),
      ...answers,
    };
    const { url } = await scriptedServer((response, request, seen) =>
      all[seen.url]?.(response, request, seen),
    );
    const client = clientOf({
      server: url,
      token: 't',
      timeout: 5_000,
      message: () => {},
      sleep: async () => {},
    });
    const found = await serverChecks(client, true);
    return found
      .filter(({ result }) => result !== 'ok')
      .map(({ check, result, says }) => `${result} ${check}: ${says}`);
  }

  it('is all well where it is', async () => expect(await findings({})).toEqual([]));

  it.each([
    [
      '/health',
      json({ status: 'ok', build: version, time: '2020-01-01T00:00:00Z' }),
      /^mend clock: \d+ s ahead/,
    ],
    ['/health', json({ hello: 'world' }), /^mend server: .*\(answer-unknown\)/],
    ['/v1/organization', problem(409, 'not-set-up'), /^mend organization: .*\(not-set-up\)/],
    ['/v1/organization', problem(401, 'token-invalid'), /^mend organization: .*escrow login/],
    ['/v1/status', problem(403, 'not-permitted'), /^note service: your role does not show it/],
    ['/v1/status', json(status({ deadLetters: 3 })), /^mend dead letters: 3: see escrow dead-letters list/],
    [
      '/v1/status',
      json(status({ custody: { kind: 'pkcs11', answers: false } })),
      /^mend custody: pkcs11 does not answer/,
    ],
    [
      '/v1/status',
      json(status({ messages: { waiting: 1, oldestSeconds: 7_200 } })),
      /^mend work: the oldest waits for 120 min/,
    ],
  ])('where %s is not well, it is said what to do: %#', async (path, answer, says) => {
    expect(await findings({ [path]: answer })).toEqual([expect.stringMatching(says)]);
  });
});

describe('escrow doctor', () => {
  const { run, write, path } = shell();

  it('goes as far as it can without a server', async () => {
    const server = await scriptedServer(json({}));
    await server.close();
    write('token', token({ sub: 'ada', exp: 9_999_999_999 }));
    const { status, stdout } = await run(`escrow doctor --server ${server.url} --token-file token`);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ok +Node /m);
    expect(stdout).toMatch(/^MEND +server +.*npm start/m);
  });

  it('says that the file of sign-ins is none', async () => {
    write('none.json', 'hunter2');
    const { status, stdout } = await shell({ ESCROW_CREDENTIALS: path('none.json') }).run('escrow doctor');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^MEND +sign-ins +.*is not a file of sign-ins\. Move it away/m);
    expect(stdout).not.toContain('hunter2');
  });

  it('says that others can read the sign-ins', async () => {
    write('open.json', '{"version":1,"servers":{}}', 0o644);
    const other = shell({ ESCROW_CREDENTIALS: path('open.json') });
    const { status, stdout } = await other.run('escrow doctor');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^MEND +sign-ins +.*others can read it\. Make it yours alone: chmod 600/m);
  });
});
