import { Webhook } from 'standardwebhooks';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatePassword } from '#crypto/passwords.ts';
import { present } from '#test/support/demo.ts';
import { enroll, requestBody, setPassword, setUp } from '#test/support/enrolling.ts';
import { type OutsidePeople, outsidePeople } from '#test/support/people.ts';
import { type Receiver, startReceiver } from '#test/support/receiver.ts';
import { testServer } from '#test/support/server.ts';
import { DataFolder } from '#test/support/traces.ts';

const server = testServer();
const open = ['--webhook-allow', '127.0.0.0/8'];
const password = generatePassword().text();
let people: OutsidePeople;
let receiver: Receiver;
let administrator: string;

beforeAll(async () => {
  receiver = await startReceiver();
  people = await outsidePeople();
  administrator = await people.token('root', 'administrator');
  await server.start([...people.options, ...open]);
  await setUp(server, people);
});
afterAll(async () => {
  await people.close();
  await receiver.close();
});

async function restart(...options: string[]): Promise<void> {
  expect(await server.end()).toBe(0);
  await server.start([...people.options, ...options]);
}

/** Takes an enrollment to its key: three events. */
async function makeKey(): Promise<void> {
  await setPassword(server, people, await enroll(server, people, requestBody('ada')), password);
}

const three = ['SubscriberSignInAwaited', 'EnrollmentKeyPairCreated', 'BackupEscrowed'];
const anything = () => true;
/** A server that ends, or starts after a kill, seals its ledger, and tells that too. */
const ofKeys = ({ type }: { type: string }) => three.includes(type);
const registered = v.object({ webhook: v.object({ id: v.string() }), secret: v.string() });

describe('a stream of events', () => {
  it('is taken up where it was cut off, over a restart and a kill, each event once', async () => {
    const first = await server.follow(administrator);
    await makeKey();
    await first.until(anything, 3);
    expect(first.events.map(({ type }) => type)).toEqual(three);
    // One that saw less than it was sent: as after a connection that broke.
    const lastEventId = present(first.events[0]).position;
    await restart();
    await first.ended;

    const second = await server.follow(administrator, { lastEventId });
    await makeKey();
    await second.until(ofKeys, 5);
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    await second.ended;
    await server.start([...people.options, ...open]);

    const third = await server.follow(administrator, { query: '?from=beginning' });
    await third.until(ofKeys, 6);
    third.close();
    const [seen, resumed] = [first.events.slice(0, 1), second.events];
    expect([...seen, ...resumed].filter(ofKeys)).toEqual(third.events.filter(ofKeys));
    expect(third.events.slice(0, 4).map(({ type }) => type)).toEqual([...three, 'LedgerCheckpointed']);
    const ids = third.events.map(({ id }) => id);
    expect([new Set(ids).size, third.events.filter(ofKeys).length]).toEqual([ids.length, 6]);
  });

  it('says so where a position is none', async () => {
    const headers = { 'last-event-id': 'nonsense' };
    expect(await server.call('GET', '/v1/events', { token: administrator, headers })).toMatchObject({
      status: 400,
      code: 'invalid-input',
    });
  });

  it('shows a subscriber the own enrollment only', async () => {
    const ada = await people.token('ada', 'subscriber');
    const { id } = await enroll(server, people, requestBody('ada'));
    const other = await enroll(server, people, requestBody('bob'));
    const foreign = await server.call('GET', `/v1/events?enrollmentId=${other.id}`, { token: ada });
    expect(foreign).toMatchObject({ status: 404, code: 'not-found' });
    const following = await server.follow(ada, { query: `?enrollmentId=${id}&from=beginning` });
    await following.until(anything);
    following.close();
    expect(following.events).toMatchObject([{ enrollmentId: id, type: 'SubscriberSignInAwaited' }]);
  });
});

describe('a webhook', () => {
  let secret: string;
  let webhookId: string;

  it('is registered with a secret, which no other answer tells', async () => {
    const body = { url: receiver.url, types: three };
    const answer = await server.call('POST', '/v1/webhooks', { token: administrator, body });
    const read = v.parse(registered, answer.json);
    secret = read.secret;
    webhookId = read.webhook.id;
    const { text } = await server.call('GET', `/v1/webhooks/${webhookId}`, { token: administrator });
    expect(text).toContain(receiver.url);
    expect(text).not.toContain(secret);
  });

  it('gets each event, signed as the standardwebhooks library verifies it', async () => {
    await makeKey();
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(3);
    const types = receiver.received.map(({ body, headers }) => {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      return JSON.parse(body).type;
    });
    expect(types.sort()).toEqual([...three].sort());
  });

  it('is signed by the old secret and the new one after a rotation', async () => {
    const target = `/v1/webhooks/${webhookId}/secret-rotations`;
    const { secret: next } = v.parse(
      registered,
      (await server.call('POST', target, { token: administrator })).json,
    );
    expect(next).not.toBe(secret);
    const before = receiver.received.length;
    await enroll(server, people, requestBody('ada'));
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(before + 1);
    const { body, headers } = present(receiver.received.at(-1));
    for (const each of [secret, next]) expect(() => new Webhook(each).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(body, headers)).toThrow();
  });
});

describe('dead letters', () => {
  it('hold what may not be sent, over restarts, until an administrator redrives them', async () => {
    await restart();
    await enroll(server, people, requestBody('ada'));
    const letters = async () => {
      const { json } = await server.call('GET', '/v1/dead-letters', { token: administrator });
      return v.parse(
        v.array(v.object({ id: v.string(), code: v.string(), consumer: v.string() })),
        json['deadLetters'],
      );
    };
    await expect
      .poll(letters, { timeout: 20_000 })
      .toMatchObject([{ consumer: 'deliver-webhook', code: 'webhook-target-refused' }]);
    await restart(...open);
    const before = receiver.received.length;
    const [letter] = await letters();
    const target = `/v1/dead-letters/${present(letter).id}/redrive`;
    const auditor = await people.token('auditor', 'auditor');
    expect(await server.call('POST', target, { token: auditor })).toMatchObject({ status: 403 });
    expect(await server.call('POST', target, { token: administrator })).toMatchObject({ status: 204 });
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(before + 1);
    expect(await letters()).toEqual([]);
    const again = await server.call('POST', target, { token: administrator });
    expect(again).toMatchObject({ status: 404, code: 'not-found' });
  });

  it('keep nothing of what an event was refused for', async () => {
    const data = {
      organization: 'example',
      idempotencyKey: 'k',
      ...requestBody('ada', { keySpec: 'RSA_1024' }),
    };
    const event = {
      specversion: '1.0',
      id: 'weak',
      source: '/organizations/example',
      type: 'EnrollmentRequested',
      data,
    };
    const workflow = await people.token('workflow', 'enrollment-workflow');
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const taken = await server.call('POST', '/v1/events', { token: workflow, body: [event], headers });
    expect(taken).toMatchObject({ status: 202 });
    const list = async () => (await server.call('GET', '/v1/dead-letters', { token: administrator })).text;
    await expect.poll(list, { timeout: 20_000 }).toContain('key-spec-below-floor');
    const kept = new DataFolder(server.data).rows('SELECT event FROM dead_letters');
    expect(JSON.stringify(kept)).toContain('weak');
    expect(JSON.stringify(kept)).not.toContain('Späth');
  });
});
