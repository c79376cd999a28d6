import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatePassword } from '#crypto/passwords.ts';
import {
  enroll,
  enrollmentIn,
  exportBody,
  requestBody,
  setPassword,
  setUp,
} from '#test/support/enrolling.ts';
import { type OutsidePeople, outsidePeople } from '#test/support/people.ts';
import { testServer } from '#test/support/server.ts';
import { type RawConnection, rawConnection, rawExchange } from '#test/unit/local/server/raw-request.ts';

const server = testServer();
const password = generatePassword().text();
const crowd: RawConnection[] = [];
let people: OutsidePeople;
let workflow: string;

beforeAll(async () => {
  people = await outsidePeople();
  await server.start(people.options);
  await setUp(server, people);
  workflow = await people.token('workflow', 'enrollment-workflow');
});
afterAll(async () => {
  for (const { socket } of crowd) socket.destroy();
  await people.close();
});

/** The head of a request for a certificate. */
function head(...more: string[]): string {
  const usual = [`host: 127.0.0.1:${server.process.port}`, `authorization: Bearer ${workflow}`];
  const json = ['content-type: application/json', `idempotency-key: ${randomBytes(8).toString('hex')}`];
  return `${['POST /v1/enrollments HTTP/1.1', ...usual, ...json, ...more].join('\r\n')}\r\n\r\n`;
}

/** Takes an enrollment to its key and its copy, as somebody does who knows nothing of the crowd. */
async function expectServed(subscriberId: string): Promise<void> {
  const enrollment = await enroll(server, people, requestBody(subscriberId));
  const { id, state } = await setPassword(server, people, enrollment, password);
  expect(state).toBe('ready');
  const token = await people.token(subscriberId, 'subscriber');
  const sent = { token, body: exportBody(password) };
  expect(await server.call('POST', `/v1/enrollments/${id}/exports`, sent)).toMatchObject({ status: 200 });
}

describe('a server with a crowd at its door', () => {
  it('serves others while two hundred connections say nothing, and fifty do not come to an end', async () => {
    const { port } = server.process;
    const silent = await Promise.all(Array.from({ length: 200 }, () => rawConnection(port)));
    const halves = await Promise.all(Array.from({ length: 25 }, () => rawConnection(port)));
    for (const { socket } of halves) socket.write('GET /health HTTP/1.1\r\nhost: ');
    const drips = await Promise.all(Array.from({ length: 25 }, () => rawConnection(port)));
    for (const { socket } of drips) socket.write(`${head('content-length: 9999')}{`);
    crowd.push(...silent, ...halves, ...drips);
    await expectServed('ada');
  });

  it('serves others while fifty follow, who are all told', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `auditor-${index}`);
    const followers = await Promise.all(
      names.map(async (name) => server.follow(await people.token(name, 'auditor'))),
    );
    await expectServed('bob');
    await Promise.all(followers.map((follower) => follower.until(({ type }) => type === 'BackupEscrowed')));
    for (const follower of followers) follower.close();
    const [first, ...others] = followers.map(({ events }) => events.map(({ id }) => id));
    for (const other of others) expect(other).toEqual(first);
  });

  it('lets one who asks too much wait, and nobody else', async () => {
    const greedy = await people.token('greedy', 'subscriber');
    const target = `/v1/enrollments/enr_none/exports`;
    const sent = { token: greedy, body: exportBody(password) };
    const answers = await Promise.all(Array.from({ length: 60 }, () => server.call('POST', target, sent)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(30);
    for (const { code, headers } of refused) {
      expect([code, Number(headers['retry-after']) >= 1]).toEqual(['too-many-requests', true]);
    }
    await expectServed('cleo');
  });

  it('finishes what somebody asked for who went away, and answers who asks again', async () => {
    const { id, subscriber } = await enroll(server, people, requestBody('emil', { keySpec: 'RSA_3072' }));
    const token = await people.token(subscriber.id, 'subscriber');
    const target = `/v1/enrollments/${id}`;
    const set = { token, body: { password }, headers: { 'idempotency-key': 'set' } };
    const leaving = new AbortController();
    const left = server.call('POST', `${target}/password`, { ...set, signal: leaving.signal });
    const stateNow = async () => enrollmentIn(await server.call('GET', target, { token })).state;
    await expect.poll(stateNow, { interval: 5, timeout: 20_000 }).not.toBe('awaiting-subscriber');
    leaving.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(stateNow, { timeout: 20_000 }).toBe('ready');
    expect(await server.call('POST', `${target}/password`, set)).toMatchObject({ status: 200 });

    for (let count = 0; count < 12; count += 1) {
      const signal = AbortSignal.timeout(40);
      await server
        .call('POST', `${target}/exports`, { token, body: exportBody(password), signal })
        .catch(() => {});
    }
    const done = { inARow: 0, inLife: 0 };
    const tries = async () => enrollmentIn(await server.call('GET', target, { token })).wrongPasswords;
    await expect.poll(tries, { timeout: 30_000 }).toEqual(done);
  });

  it('cuts off who does not come to the point', async () => {
    // Those that said nothing or half a word; a body may take longer.
    await Promise.all(crowd.slice(0, 225).map(({ ended }) => ended));
    for (const { received } of crowd.slice(200, 225)) expect(received()).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('a body that is too large', () => {
  const problem = /^HTTP\/1\.1 413 .*connection: close.*"code":"body-too-large"/is;

  it('is refused by its length alone', async () => {
    const answer = await rawExchange(server.process.port, head('content-length: 999999999'));
    expect(answer).toMatch(problem);
  });

  it('is refused as soon as it is, where it does not say how long it is', async () => {
    const { socket, received, ended } = await rawConnection(server.process.port);
    socket.write(head('transfer-encoding: chunked'));
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const pouring = setInterval(() => socket.write(chunk), 5);
    await expect.poll(received, { timeout: 20_000 }).toMatch(problem);
    clearInterval(pouring);
    socket.destroy();
    await ended;
  });

  it('is not looked at where nobody may send it', async () => {
    const host = `host: 127.0.0.1:${server.process.port}`;
    const request = `POST /v1/enrollments HTTP/1.1\r\n${host}\r\ncontent-length: 999999999\r\n\r\n`;
    expect(await rawExchange(server.process.port, request)).toMatch(
      /^HTTP\/1\.1 401 .*"code":"sign-in-required"/s,
    );
  });

  it('is taken where it is as large as a route takes', async () => {
    const requests = Array.from({ length: 100 }, (_, index) => ({
      idempotencyKey: `large-${index}`,
      ...requestBody('dora', { padding: 'x'.repeat(10_000) }),
    }));
    const batch = { token: workflow, body: { requests } };
    const { status, json } = await server.call('POST', '/v1/enrollment-batches', batch);
    expect([status, [json['results']].flat().length]).toEqual([200, 100]);
  });
});

describe('what is no request', () => {
  it.each([
    ['noise', '\u0000\u0001\u0002\u0003\r\n\r\n'],
    ['another protocol', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n'],
    ['two lengths', 'POST /health HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a head without end', `GET /health HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
  ])('as %s is refused, and others are served', async (_, bytes) => {
    const answer = await rawExchange(server.process.port, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await server.call('GET', '/health')).toMatchObject({ status: 200 });
  });
});

describe('after all that', () => {
  it('the server has logged nothing that should not be, and ends in order', async () => {
    const token = await people.token('ada', 'subscriber');
    const { json } = await server.call('GET', '/v1/enrollments', { token });
    expect(enrollmentIn({ text: '', json: JSON.parse(JSON.stringify(json['enrollments']))[0] }).state).toBe(
      'ready',
    );
    for (const { socket } of crowd) socket.destroy();
    expect(await server.end()).toBe(0);
    const levels = server.process.logged().filter(({ level }) => level !== 'info');
    expect(levels).toEqual([]);
  });
});
