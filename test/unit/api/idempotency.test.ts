import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '#domain/principal.ts';
import { type Answered, type ApiWorld, makeApiWorld, type Sent } from '#test/support/api.ts';
import {
  enrollmentOf,
  furnish,
  otherPassword,
  type Records,
  rightPassword,
  sensibleRequests,
} from '#test/support/api-requests.ts';
import { snapshotOf } from '#test/support/api-snapshot.ts';
import { eventsBorn } from '#test/support/world.ts';

let api: ApiWorld;
let records: Records;
beforeAll(async () => {
  api = await makeApiWorld();
  records = await furnish(api);
});
afterAll(() => api.close());

/** Posts with a key, which is all that tells a repetition from a new request. */
async function post(
  role: Role,
  target: string,
  key: string,
  body?: unknown,
  headers: Sent['headers'] = {},
): Promise<Answered> {
  const token = await api.as(role, { authTime: 'now' });
  return await api.call('POST', target, { token, body, headers: { ...headers, 'idempotency-key': key } });
}

function atOnce(count: number, work: () => Promise<Answered>): Promise<Answered[]> {
  return Promise.all(Array.from({ length: count }, work));
}

const idsOf = (answers: readonly Answered[]) => new Set(answers.map(({ json }) => json['id']));
const enroll = (key: string, body = enrollmentOf('ada')) =>
  post('enrollment-workflow', '/v1/enrollments', key, body);

/** An enrollment that awaits its subscriber, and where its password is set. */
async function awaiting(): Promise<{ id: string; target: string }> {
  const { json } = await enroll(`awaiting-${Math.random()}`);
  return { id: String(json['id']), target: `/v1/enrollments/${json['id']}/password` };
}

async function show(id: string): Promise<Record<string, unknown>> {
  return (await api.call('GET', `/v1/enrollments/${id}`, { token: await api.as('auditor') })).json;
}

async function eventsAbout(id: string): Promise<string[]> {
  const born = await eventsBorn(api.world);
  return born.filter(({ source }) => source.endsWith(`/${id}`)).map(({ type }) => type);
}

describe('a request for a certificate', () => {
  it('that comes again with its key is the same enrollment, and changes nothing', async () => {
    const first = await enroll('e-1');
    const before = await snapshotOf(api);
    const again = await enroll('e-1');
    expect([again.status, again.json, again.headers['location']]).toEqual([
      201,
      first.json,
      first.headers['location'],
    ]);
    expect(await snapshotOf(api)).toBe(before);
  });

  it('with the fields in another order is the same', async () => {
    const { json } = await enroll('e-2');
    const reversed = Object.fromEntries(Object.entries(enrollmentOf('ada')).reverse());
    expect((await enroll('e-2', reversed)).json['id']).toBe(json['id']);
  });

  it('of another content is refused under the same key', async () => {
    await enroll('e-3');
    const before = await snapshotOf(api);
    const other = await enroll('e-3', { ...enrollmentOf('ada'), purpose: 'identity' });
    expect([other.status, other.code]).toEqual([409, 'idempotency-mismatch']);
    expect(await snapshotOf(api)).toBe(before);
  });

  it('that comes twenty times at once is one enrollment', async () => {
    const answers = await atOnce(20, () => enroll('e-4'));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(idsOf(answers).size).toBe(1);
    expect(await eventsAbout(String(answers[0]?.json['id']))).toEqual(['SubscriberSignInAwaited']);
  });

  it('that comes at once with others under its key is one of them, and the others are refused', async () => {
    let turn = 0;
    const answers = await atOnce(20, () => {
      turn += 1;
      return enroll('e-5', enrollmentOf(`person-${turn}`));
    });
    const taken = answers.filter(({ status }) => status === 201);
    expect(taken).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'idempotency-mismatch')).toHaveLength(19);
  });

  it('is the same in a batch, where only the one that differs is refused', async () => {
    const batch = (people: readonly string[]) => ({
      requests: people.map((person, index) => ({
        ...enrollmentOf(person),
        idempotencyKey: `batch-${index}`,
      })),
    });
    const send = async (key: string, people: readonly string[]) =>
      (await post('enrollment-workflow', '/v1/enrollment-batches', key, batch(people))).json['results'];
    const first = await send('b-1', ['ann', 'ben']);
    expect(await send('b-1', ['ann', 'ben'])).toEqual(first);
    expect(await send('b-2', ['ann', 'ben'])).toEqual(first);
    const changed = await send('b-3', ['ann', 'eve']);
    const same: unknown = Array.isArray(first) ? first[0] : undefined;
    expect(changed).toMatchObject([same, { problem: { code: 'idempotency-mismatch' } }]);
  });
});

describe('a password that is set', () => {
  it('again with its key changes nothing, and is answered if it is the right one', async () => {
    const { id, target } = await awaiting();
    const set = (password: string, key: string) => post('subscriber', target, key, { password });
    const first = await set(rightPassword, 'p-1');
    expect([first.status, first.json['state']]).toEqual([200, 'ready']);
    const events = await eventsAbout(id);
    const again = await set(rightPassword, 'p-1');
    expect([again.status, again.json['key']]).toEqual([200, first.json['key']]);
    // Another password is the same request by its fingerprint, which leaves secrets out; it is refused all the same.
    expect((await set(otherPassword, 'p-1')).code).toBe('wrong-password');
    expect((await set(rightPassword, 'p-2')).code).toBe('wrong-state');
    expect(await eventsAbout(id)).toEqual(events);
    expect((await show(id))['wrongPasswords']).toEqual({ inARow: 1, inLife: 1 });
  });

  it('after one that was refused may be another under the same key', async () => {
    const { target } = await awaiting();
    expect((await post('subscriber', target, 'p-3', { password: 'short' })).code).toBe('password-too-weak');
    expect((await post('subscriber', target, 'p-3', { password: rightPassword })).status).toBe(200);
  });

  it('twenty times at once makes one key pair', async () => {
    const { id, target } = await awaiting();
    const before = api.world.dependencies.documents.names().length;
    const answers = await atOnce(20, () => post('subscriber', target, 'p-4', { password: rightPassword }));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    for (const { status, json } of answers)
      if (status !== 200) expect(json).toMatchObject({ status: 409, retryable: true });
    const last = await post('subscriber', target, 'p-4', { password: rightPassword });
    expect(last.json).toMatchObject({ state: 'ready', backups: 1 });
    const made = await eventsAbout(id);
    expect(made.filter((type) => type === 'EnrollmentKeyPairCreated')).toHaveLength(1);
    const kinds = api.world.dependencies.documents
      .names()
      .slice(before)
      .map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  it('is changed once, however often the change comes', async () => {
    const { id, target } = await awaiting();
    await post('subscriber', target, 'p-5', { password: rightPassword });
    const change = (key: string, currentPassword = rightPassword) =>
      post('subscriber', `${target}-changes`, key, { currentPassword, newPassword: otherPassword });
    expect((await change('c-1')).status).toBe(200);
    expect((await change('c-1')).status).toBe(200);
    expect((await change('c-2')).code).toBe('wrong-password');
    const changed = (await eventsAbout(id)).filter((type) => type === 'EnrollmentPasswordChanged');
    expect(changed).toHaveLength(1);
  });
});

describe('an export', () => {
  const target = () => `/v1/enrollments/${records.ready}/exports`;
  const wanted = (password = rightPassword) => ({
    unlock: { by: 'password', password },
    filePassword: { is: 'same' },
  });
  const told = ({ headers }: Answered) => [headers['export-id'], headers['link']];

  it('again with its key is a new file and receipt of the same export', async () => {
    const first = await post('subscriber', target(), 'x-1', wanted());
    const again = await post('subscriber', target(), 'x-1', wanted());
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(Buffer.compare(first.bytes, again.bytes)).not.toBe(0);
    const [[exportId, receipt], [sameId, otherReceipt]] = [told(first), told(again)];
    expect(sameId).toBe(exportId);
    expect(otherReceipt).not.toBe(receipt);
    const other = await post('subscriber', target(), 'x-2', wanted());
    expect(told(other)[0]).not.toBe(exportId);
  });

  it('again with its key needs the password again', async () => {
    expect((await post('subscriber', target(), 'x-1', wanted(otherPassword))).code).toBe('wrong-password');
    expect((await post('subscriber', target(), 'x-1', wanted())).status).toBe(200);
  });

  it('several times at once is one export, of which each has a file of its own', async () => {
    const answers = await atOnce(4, () => post('subscriber', target(), 'x-3', wanted()));
    const files = answers.filter(({ status }) => status === 200);
    expect(files.length).toBeGreaterThan(0);
    expect(new Set(files.map((answer) => told(answer)[0])).size).toBe(1);
    expect(new Set(files.map((answer) => told(answer)[1])).size).toBe(files.length);
    for (const { status, json } of answers)
      if (status !== 200) expect(json).toMatchObject({ retryable: true });
  });

  it('in a form that cannot tell a generated password is refused before the password is tried, and recorded', async () => {
    const before = (await show(records.ready))['wrongPasswords'];
    const generated = { ...wanted(otherPassword), filePassword: { is: 'generated' } };
    const answer = await post('subscriber', target(), 'x-4', generated, { accept: 'application/pkcs12' });
    expect([answer.status, answer.code]).toEqual([406, 'not-acceptable']);
    expect(api.world.dependencies.ledger.entries.at(-1)).toMatchObject({
      action: 'export-copy',
      code: 'not-acceptable',
      outcome: 'refused',
      enrollmentId: records.ready,
      about: ['Accept'],
    });
    expect((await show(records.ready))['wrongPasswords']).toEqual(before);
  });
});

describe('a webhook', () => {
  const register = (key: string, url = 'https://hooks.example.org/once') =>
    post('administrator', '/v1/webhooks', key, { url });
  const count = async () => {
    const { json } = await api.call('GET', '/v1/webhooks', { token: await api.as('administrator') });
    return Array.isArray(json['webhooks']) ? json['webhooks'].length : 0;
  };

  it('that is registered again with its key is the same, secret included; of another URL it is refused', async () => {
    const before = await count();
    const first = await register('w-1');
    expect((await register('w-1')).json).toEqual(first.json);
    expect((await register('w-1', 'https://hooks.example.org/other')).code).toBe('idempotency-mismatch');
    expect(await count()).toBe(before + 1);
  });

  it('that is registered twenty times at once is one', async () => {
    const before = await count();
    const answers = await atOnce(20, () => register('w-2'));
    const taken = answers.filter(({ status }) => status === 201);
    expect(taken.length).toBeGreaterThan(0);
    expect(new Set(taken.map(({ text }) => text)).size).toBe(1);
    for (const { status, json } of answers)
      if (status !== 201) expect(json).toMatchObject({ retryable: true });
    expect(await count()).toBe(before + 1);
  });

  it('gets one new secret from one rotation, however often it comes', async () => {
    const target = `/v1/webhooks/${records.webhook}/secret-rotations`;
    const first = await post('administrator', target, 'r-1');
    expect((await post('administrator', target, 'r-1')).json['secret']).toBe(first.json['secret']);
    expect((await post('administrator', target, 'r-2')).json['secret']).not.toBe(first.json['secret']);
  });
});

describe('a key', () => {
  it('of one route says nothing to another', async () => {
    const body = { url: 'https://hooks.example.org/' };
    expect((await post('administrator', '/v1/enrollments', 'shared', enrollmentOf('ada'))).status).toBe(201);
    expect((await post('administrator', '/v1/webhooks', 'shared', body)).status).toBe(201);
  });

  it('of a request that was refused before it was understood can still be used', async () => {
    expect((await enroll('k-1', { ...enrollmentOf('ada'), purpose: 'unknown' })).code).toBe('invalid-input');
    expect((await enroll('k-1')).status).toBe(201);
  });

  it('makes no difference to what may be repeated anyway', async () => {
    const plan = () =>
      post('enrollment-workflow', '/v1/enrollment-plans', 'k-2', enrollmentOf(`p${Math.random()}`));
    for (const { status } of await atOnce(3, plan)) expect(status).toBe(200);
  });
});

describe('what is destroyed or unlocked', () => {
  it.each(['destroyEnrollment', 'unlockEnrollment'] as const)('again is success: %s', async (name) => {
    const { target, body } = sensibleRequests(records)[name];
    const role = name === 'destroyEnrollment' ? 'subscriber' : 'recovery-official';
    const token = await api.as(role, {
      authTime: 'now',
      subject: name === 'destroyEnrollment' ? 'ada' : 'olga',
    });
    for (const key of ['d-1', 'd-1', 'd-2']) {
      const answer = await api.call('POST', target, { token, body, headers: { 'idempotency-key': key } });
      expect(answer.status, answer.text).toBe(200);
    }
  });
});
