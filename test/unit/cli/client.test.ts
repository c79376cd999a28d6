import { describe, expect, it } from 'vitest';
import { routes } from '#contract/routes.ts';
import { asEscrowError } from '#domain/errors.ts';
import { clientOf } from '../../../cli/server/client.ts';
import { json, problem, type ScriptedAnswer, scriptedServer } from './scripted-server.ts';

const health = { status: 'ok', build: 'test', time: '2026-01-31T08:00:00Z' };
const csrOf = { params: { enrollmentId: 'enr_1' } };
const unlocking = { params: { enrollmentId: 'enr_1' } };

/** A client that waits for nothing, and what it said. */
function clientFor(server: string, change: { token?: string | undefined; timeout?: number } = {}) {
  const said: string[] = [];
  const waits: number[] = [];
  const client = clientOf({
    server,
    token: 'token' in change ? change.token : 'a-token',
    timeout: change.timeout ?? 20_000,
    message: (text) => said.push(text),
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return { client, said, waits };
}

async function refusal(work: Promise<unknown>) {
  return await work.then(
    () => expect.unreachable('it was not refused'),
    (error: unknown) => asEscrowError(error),
  );
}

describe('a client', () => {
  it('sends the token, and only where a route asks who it is', async () => {
    const { url, seen } = await scriptedServer(json(health), json({ backups: [] }));
    const { client } = clientFor(url);
    expect(await client.call(routes.readHealth)).toEqual(health);
    await client.call(routes.listBackups, csrOf);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer a-token']);
  });

  it('asks for nothing where nobody is signed in', async () => {
    const { url, seen } = await scriptedServer(json({ backups: [] }));
    const error = await refusal(clientFor(url, { token: undefined }).client.call(routes.listBackups, csrOf));
    expect(error.code).toBe('sign-in-required');
    expect(error.next).toContain('escrow login');
    expect(seen).toEqual([]);
  });

  it('puts parameters into the path, whatever they hold, and filters into the query', async () => {
    const { url, seen } = await scriptedServer(json({ enrollments: [] }));
    const { client } = clientFor(url);
    await refusal(client.call(routes.showEnrollment, { params: { enrollmentId: '../a b/?c' } }));
    await client.call(routes.listEnrollments, { query: { subscriberId: 'a+b@c', limit: '2' } });
    expect(seen.map((each) => each.url)).toEqual([
      '/v1/enrollments/..%2Fa%20b%2F%3Fc',
      '/v1/enrollments?subscriberId=a%2Bb%40c&limit=2',
    ]);
  });

  it('names each run by one key, on every POST that needs one and on nothing else', async () => {
    const enrollment = problem(409, 'wrong-state');
    const { url, seen } = await scriptedServer(enrollment);
    for (const { client } of [clientFor(url), clientFor(url)]) {
      await refusal(client.call(routes.unlockEnrollment, unlocking));
      await refusal(client.call(routes.unlockEnrollment, unlocking));
      await refusal(client.call(routes.showEnrollment, csrOf));
    }
    const keys = seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[\w-]{16,}$/);
    expect(keys).toEqual([keys[0], keys[0], undefined, keys[3], keys[3], undefined]);
    expect(keys[3]).not.toBe(keys[0]);
  });

  it('sends JSON, and says that it does', async () => {
    const { url, seen } = await scriptedServer(problem(409, 'wrong-state'));
    const call = clientFor(url).client.call(routes.setPassword, {
      ...csrOf,
      body: { password: 'Kauz im Moor' },
    });
    await refusal(call);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ password: 'Kauz im Moor' });
    expect(seen[0]?.headers['content-type']).toBe('application/json');
  });
});

describe('a refusal of the server', () => {
  it('is an error with its code, what it said, and what to do', async () => {
    const issues = [{ field: 'email', why: 'is empty', next: 'Fill it in.' }];
    const { url } = await scriptedServer(
      problem(400, 'invalid-input', { detail: 'email: is empty', issues }),
    );
    const error = await refusal(clientFor(url).client.call(routes.showEnrollment, csrOf));
    expect(error).toMatchObject({ code: 'invalid-input', message: 'email: is empty', next: 'Mend it.' });
  });

  it.each([
    ['fresh-sign-in-required', 401],
    ['enrollment-locked', 403],
  ])('that a fresh sign-in lifts says how to sign in: %s', async (code, status) => {
    const { url } = await scriptedServer(problem(status, code));
    const error = await refusal(clientFor(url).client.call(routes.showEnrollment, csrOf));
    expect(error.next).toContain('escrow login --fresh');
  });

  it('with a code of a later version is told as it is', async () => {
    const { url } = await scriptedServer(problem(409, 'moon-in-the-way'));
    const error = await refusal(clientFor(url).client.call(routes.showEnrollment, csrOf));
    expect(error).toMatchObject({ problem: { code: 'moon-in-the-way' }, message: 'the thing is wrong' });
  });

  it.each<[string, ScriptedAnswer, string]>([
    [
      'HTML',
      (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<p>sorry'),
      'answer-unknown',
    ],
    ['nothing', (response) => response.writeHead(404).end(), 'answer-unknown'],
    ['JSON of another program', json({ error: 'invalid_request' }, 400), 'answer-unknown'],
    [
      'a problem of another program',
      json({ type: 'about:blank', title: 'x', status: 400 }, 400),
      'answer-unknown',
    ],
    ['success that is none', (response) => response.end('<p>Welcome to nginx!'), 'answer-unknown'],
    ['success of another shape', json({ status: 'fine' }), 'answer-unknown'],
    ['JSON that is cut off', (response) => response.end('{"status":'), 'answer-unknown'],
  ])('that is %s says that it is not of this service', async (_name, answer, code) => {
    const { url } = await scriptedServer(answer);
    const error = await refusal(clientFor(url).client.call(routes.readHealth));
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/sorry|nginx|fine/);
  });

  it('that never ends is not read to the end', async () => {
    const chunk = Buffer.alloc(1_048_576, ' ');
    const { url } = await scriptedServer((response) => {
      response.writeHead(200);
      const go = () =>
        response.write(chunk, (error) => (error === null || error === undefined ? go() : undefined));
      go();
    });
    const error = await refusal(clientFor(url).client.call(routes.readHealth));
    expect(error.code).toBe('answer-unknown');
    expect(error.message).toContain('longer than any');
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i is not followed, and no token goes there', async (status) => {
    const other = await scriptedServer(json({ backups: [] }));
    const { url } = await scriptedServer((response) =>
      response.writeHead(status, { location: other.url }).end(),
    );
    const error = await refusal(clientFor(url).client.call(routes.listBackups, csrOf));
    expect(error.code).toBe('answer-unknown');
    expect(error.message).toContain('points to another address');
    expect(other.seen).toEqual([]);
  });
});

describe('what may pass', () => {
  const busy = problem(503, 'store-unavailable', { retryable: true });

  it('is tried again, as the same change', async () => {
    const { url, seen } = await scriptedServer(busy, busy, problem(409, 'wrong-state'));
    const { client, said, waits } = clientFor(url);
    expect((await refusal(client.call(routes.unlockEnrollment, unlocking))).code).toBe('wrong-state');
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(seen).toHaveLength(3);
    expect(waits).toHaveLength(2);
    expect(said[0]).toMatch(/^escrow: the thing is wrong\. Trying again in a moment\.$/);
  });

  it('is given up after five times', async () => {
    const { url, seen } = await scriptedServer(busy);
    const { client, waits } = clientFor(url);
    expect((await refusal(client.call(routes.readHealth))).code).toBe('store-unavailable');
    expect(seen).toHaveLength(5);
    for (const [index, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(500 * 2 ** index);
  });

  it('is waited for as long as the server says', async () => {
    const many = problem(429, 'too-many-requests', { retryable: true }, { 'retry-after': '7' });
    const { url } = await scriptedServer(many, json(health));
    const { client, waits, said } = clientFor(url);
    expect(await client.call(routes.readHealth)).toEqual(health);
    expect(waits).toEqual([7_000]);
    expect(said[0]).toContain('Trying again in 7 s.');
  });

  it('is given up where the server says longer than a minute', async () => {
    const many = problem(429, 'too-many-requests', { retryable: true }, { 'retry-after': '3600' });
    const { url, seen } = await scriptedServer(many);
    expect((await refusal(clientFor(url).client.call(routes.readHealth))).code).toBe('too-many-requests');
    expect(seen).toHaveLength(1);
  });

  it('is the pace of long work, which goes on without a word and is no try', async () => {
    const many = problem(429, 'too-many-requests', { retryable: true }, { 'retry-after': '2' });
    const { url, seen } = await scriptedServer(many, many, many, many, many, many, many, json(health));
    const { client, waits, said } = clientFor(url);
    expect(await client.call(routes.readHealth, { paced: true })).toEqual(health);
    expect({ waits: waits.length, said, seen: seen.length }).toEqual({ waits: 7, said: [], seen: 8 });
  });

  it('is what a proxy says for a server that is away', async () => {
    const away: ScriptedAnswer = (response) =>
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad');
    const { url, seen } = await scriptedServer(away, json(health));
    expect(await clientFor(url).client.call(routes.readHealth)).toEqual(health);
    expect(seen).toHaveLength(2);
  });

  it('is a connection that breaks in the middle of an answer', async () => {
    const { url, seen } = await scriptedServer((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"status"', () => response.destroy());
    }, json(health));
    expect(await clientFor(url).client.call(routes.readHealth)).toEqual(health);
    expect(seen).toHaveLength(2);
  });

  it('is not what the request is refused for', async () => {
    const { url, seen } = await scriptedServer(problem(403, 'not-permitted'));
    await refusal(clientFor(url).client.call(routes.readStatus));
    expect(seen).toHaveLength(1);
  });
});

describe('a server that is not there', () => {
  it('is said to be so at once, with how to start it', async () => {
    const server = await scriptedServer(json(health));
    await server.close();
    const { client, waits } = clientFor(server.url);
    const error = await refusal(client.call(routes.readHealth));
    expect(error).toMatchObject({ code: 'server-unreachable', next: expect.stringContaining('npm start') });
    expect(error.message).toBe(`${server.url}: nothing answers there`);
    expect(waits).toEqual([]);
  });

  it('is waited for where it was there before in the same run', async () => {
    const server = await scriptedServer(json(health));
    const { client, waits } = clientFor(server.url);
    await client.call(routes.readHealth);
    await server.close();
    expect((await refusal(client.call(routes.readHealth))).code).toBe('server-unreachable');
    expect(waits).toHaveLength(4);
  });

  it('and has no name is said to have none', async () => {
    const error = await refusal(clientFor('https://nowhere.invalid').client.call(routes.readHealth));
    expect(error.code).toBe('server-unreachable');
    expect(error.message).toMatch(/no machine of that name|could not be looked up/);
  });

  it('or hangs is not waited for longer than said', async () => {
    const { url } = await scriptedServer(() => {});
    const { client, waits } = clientFor(url, { timeout: 20 });
    const error = await refusal(client.call(routes.readHealth));
    expect(error).toMatchObject({ code: 'server-unreachable', next: expect.stringContaining('--timeout') });
    expect(waits).toHaveLength(4);
  });

  it('or speaks TLS where http is asked for, or the reverse, is said to speak otherwise', async () => {
    const { url } = await scriptedServer(json(health));
    const error = await refusal(clientFor(url.replace('http:', 'https:')).client.call(routes.readHealth));
    expect(error).toMatchObject({ code: 'server-unreachable', next: 'Check http or https in its address.' });
  });
});
