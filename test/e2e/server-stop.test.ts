import { createHash, createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
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
import { type OutsidePeople, organization, outsidePeople } from '#test/support/people.ts';
import { openWithOpenssl, spkiOf } from '#test/support/pfx-tools.ts';
import { type TestServer, testServer } from '#test/support/server.ts';
import { DataFolder } from '#test/support/traces.ts';
import { expectWhole } from '#test/support/whole-folder.ts';
import { rawConnection } from '#test/unit/local/server/raw-request.ts';

const server = testServer();
const stubborn = testServer();
const folder = new DataFolder(server.data);
const password = generatePassword().text();
const slowToMake = { keySpec: 'RSA_3072' };
let people: OutsidePeople;
let recoveryKey: JWK;
let dripsEnded: Promise<void>;

beforeAll(async () => {
  people = await outsidePeople();
  await server.start(people.options);
  recoveryKey = await setUp(server, people);
  dripsEnded = stopWhileDripping();
});
afterAll(() => people.close());

/** Waits until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(2);
}

const making = () => folder.count("SELECT count(*) FROM aggregates WHERE state = 'making'");
const isStopping = ({ process }: TestServer) => process.stderr().includes('"message":"stopping"');

/** Asks it to stop, waits for the end, and expects that it ended in order. */
async function expectOrderlyEnd(): Promise<void> {
  expect(await server.process.ended).toBe(0);
  expect(server.process.logged().at(-1)).toMatchObject({ message: 'stopped' });
}

/** Begins a request whose body does not come whole, and waits until the server has heard of it. */
async function dripping(to: TestServer, begun: string, length: number) {
  const { port } = to.process;
  const token = await people.token('workflow', 'enrollment-workflow');
  const head = [
    ...['POST /v1/enrollments HTTP/1.1', `host: 127.0.0.1:${port}`, `authorization: Bearer ${token}`],
    ...['content-type: application/json', 'idempotency-key: drips', `content-length: ${length}`],
  ];
  const connection = await rawConnection(port);
  connection.socket.write(`${head.join('\r\n')}\r\n\r\n${begun}`);
  // It has been heard, since a request after it was.
  await to.call('GET', '/health');
  return connection;
}

/** Asks the stubborn one to stop, which takes its time while other tests run, and waits until it cuts the connection off. */
async function stopWhileDripping(): Promise<void> {
  await stubborn.start(people.options);
  const { socket, ended } = await dripping(stubborn, '{', 9_999);
  const drops = setInterval(() => socket.write(' '), 200);
  stubborn.process.child.kill('SIGTERM');
  await ended;
  clearInterval(drops);
}

describe('a server that is asked to stop', () => {
  it('answers the request whose key is being made', async () => {
    const enrollment = await enroll(server, people, requestBody('ada', slowToMake));
    const setting = setPassword(server, people, enrollment, password);
    await until(() => making() === 1);
    server.process.child.kill('SIGTERM');
    expect(await setting).toMatchObject({ state: 'ready', backups: 1 });
    await expectOrderlyEnd();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed');
    await server.start(people.options);
    const token = await people.token('ada', 'subscriber');
    const { json } = await server.call('GET', `/v1/enrollments/${enrollment.id}`, { token });
    expect(json).toMatchObject({ state: 'ready', backups: 1 });
  });

  it('finishes the keys that events make, begins no more of them, and makes those when it starts again', async () => {
    const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { extractable: true });
    const recipientKey = await exportJWK(publicKey);
    const events = Array.from({ length: 8 }, (_, index) => ({
      ...{ specversion: '1.0', id: `many-${index}`, source: `/organizations/${organization}` },
      type: 'EnrollmentRequested',
      data: {
        organization,
        idempotencyKey: `many-${index}`,
        ...requestBody('device', { ...slowToMake, recipientKey }),
      },
    }));
    const token = await people.token('workflow', 'enrollment-workflow');
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    await server.call('POST', '/v1/events', { token, body: events, headers });
    await until(() => making() > 0);
    server.process.child.kill('SIGTERM');
    await expectOrderlyEnd();
    expect(making()).toBe(0);
    const ready = () =>
      folder.count("SELECT count(*) FROM aggregates WHERE state = 'ready' AND subscriber_id = 'device'");
    expect(ready()).toBeLessThan(8);
    const stood = folder.documents().filter((name) => name.startsWith('csr'));
    await server.start(people.options);
    await until(() => ready() === 8);
    const stands = folder.documents().filter((name) => name.startsWith('csr'));
    expect(stands).toEqual(expect.arrayContaining(stood));
    expect(stands).toHaveLength(9);
  });

  it('hands out the export that is being written, whole', async () => {
    const enrollment = await enroll(server, people, requestBody('bob'));
    const { id, key } = await setPassword(server, people, enrollment, password);
    const token = await people.token('bob', 'subscriber');
    const exporting = server.call('POST', `/v1/enrollments/${id}/exports`, {
      token,
      body: exportBody(password),
    });
    const tried = `SELECT record ->> '$.tries.inARow' FROM aggregates WHERE id = '${id}'`;
    await until(() => folder.count(tried) === 1);
    server.process.child.kill('SIGTERM');
    const { bytes } = await exporting;
    await expectOrderlyEnd();
    const file = join(server.root, 'copy.pfx');
    writeFileSync(file, bytes);
    const { certificate } = await openWithOpenssl(file, password);
    const spki = spkiOf(createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' })));
    expect(createHash('sha256').update(spki).digest('hex')).toBe(key?.spkiSha256);
    await server.start(people.options);
  });

  it('ends the streams of those who follow, who take them up again', async () => {
    const token = await people.token('root', 'administrator');
    const following = await server.follow(token, { query: '?from=beginning' });
    await following.until(() => true);
    server.process.child.kill('SIGTERM');
    await following.ended;
    await expectOrderlyEnd();
    await server.start(people.options);
    const again = await server.follow(token, { lastEventId: following.position() });
    await enroll(server, people, requestBody('cleo'));
    await again.until(() => true);
    again.close();
    expect(again.events).toMatchObject([{ type: 'SubscriberSignInAwaited' }]);
    expect(following.events).not.toContainEqual(again.events[0]);
  });

  it('waits for a body that drips, and refuses whatever comes after', async () => {
    const { port } = server.process;
    const body = JSON.stringify(requestBody('dora'));
    const slow = await dripping(server, body.slice(0, 20), Buffer.byteLength(body));
    const late = await rawConnection(port);
    late.socket.write('GET /health HTTP/1.1\r\n');
    // It has been heard too.
    await server.call('GET', '/health');
    server.process.child.kill('SIGTERM');
    await until(() => isStopping(server));

    await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed');
    late.socket.write(`host: 127.0.0.1:${port}\r\n\r\n`);
    await late.ended;
    expect(late.received()).toMatch(/^HTTP\/1\.1 503 .*"code":"store-unavailable"/s);
    for (const piece of body.slice(20).match(/.{1,40}/gs) ?? []) {
      slow.socket.write(piece);
      await pause(5);
    }
    await slow.ended;
    expect(slow.received()).toMatch(/^HTTP\/1\.1 201 .*"state":"awaiting-subscriber"/s);
    await expectOrderlyEnd();
    await server.start(people.options);
  });

  it('ends at once by a second signal, and loses nothing: the request again makes the one key', async () => {
    const enrollment = await enroll(server, people, requestBody('emil', slowToMake));
    const token = await people.token('emil', 'subscriber');
    const target = `/v1/enrollments/${enrollment.id}/password`;
    const sent = { token, body: { password }, headers: { 'idempotency-key': 'set' } };
    // Keeps the server from ending in order, however fast the key is made.
    await dripping(server, '{', 9_999);
    const setting = server.call('POST', target, sent).catch(() => undefined);
    await until(() => making() === 1);
    server.process.child.kill('SIGTERM');
    await until(() => isStopping(server));
    const { child } = server.process;
    // What follows at once is taken for the same signal.
    while (child.exitCode === null) {
      child.kill('SIGTERM');
      await pause(50);
    }
    expect(await server.process.ended).toBe(130);
    await setting;

    await server.start(people.options);
    let answer = await server.call('POST', target, sent);
    while (answer.code === 'making-in-progress') answer = await server.call('POST', target, sent);
    expect(enrollmentIn(answer)).toMatchObject({ state: 'ready', backups: 1 });
  });

  it('goes on, and ends in order, where nobody reads what it prints', async () => {
    const { child } = server.process;
    child.stdout?.destroy();
    child.stderr?.destroy();
    for (let count = 0; count < 20; count += 1) {
      expect(await server.call('GET', '/v1/status', { token: 'none' })).toMatchObject({ status: 401 });
    }
    const enrollment = await enroll(server, people, requestBody('fay'));
    expect(await setPassword(server, people, enrollment, password)).toMatchObject({ state: 'ready' });
    child.kill('SIGTERM');
    expect(await server.process.ended).toBe(0);
    await server.start(people.options);
  });

  it('leaves a whole data folder after all that', async () => {
    await until(() => folder.count('SELECT count(*) FROM messages') === 0);
    expect(await server.end()).toBe(0);
    await expectWhole(server.data, organization, recoveryKey);
  });
});

describe('a server that is asked to stop while a body drips without end', () => {
  it('gives up waiting after a while, cuts it off, and ends as asked', async () => {
    expect(await stubborn.process.ended).toBe(0);
    await dripsEnded;
    expect(stubborn.process.logged().at(-1)).toMatchObject({ message: 'stop-timed-out' });
  });
});
