import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteName } from '#contract/routes.ts';
import type { Role } from '#domain/principal.ts';
import {
  type Answered,
  type ApiWorld,
  type Asking,
  makeApiWorld,
  otherOrganization,
} from '#test/support/api.ts';
import {
  enrollmentOf,
  furnish,
  incomingEvent,
  type Records,
  sensibleRequests,
} from '#test/support/api-requests.ts';
import { snapshotOf } from '#test/support/api-snapshot.ts';

let api: ApiWorld;
let own: Records;
let bobs: Records;
let foreign: Records;
beforeAll(async () => {
  api = await makeApiWorld();
  own = await furnish(api);
  bobs = await furnish(api, 'acme', 'bob');
  // Of the same name as the subscriber here, and another person.
  foreign = await furnish(api, otherOrganization, 'ada');
});
afterAll(() => api.close());

/** The same requests about records that were never there. */
function missing(records: Records): Records {
  const none = (id: string) => `${id.slice(0, 4)}${'a'.repeat(26)}`;
  const { awaiting, ready, spare, receipt, webhook, spareWebhook, entry } = records;
  return {
    ...records,
    awaiting: none(awaiting),
    ready: none(ready),
    spare: none(spare),
    receipt: none(receipt),
    webhook: none(webhook),
    spareWebhook: none(spareWebhook),
    deadLetter: '1000000',
    entry: none(entry),
  };
}

/** Who may use each route that names a record. */
const routesWithId: readonly [RouteName, readonly Role[]][] = [
  ['showEnrollment', ['subscriber', 'enrollment-workflow', 'recovery-official', 'auditor', 'administrator']],
  ['setPassword', ['subscriber']],
  ['changePassword', ['subscriber']],
  ['unlockEnrollment', ['recovery-official']],
  ['destroyEnrollment', ['subscriber', 'administrator']],
  ['readCsr', ['subscriber', 'enrollment-workflow', 'administrator']],
  ['exportCopy', ['subscriber']],
  ['listBackups', ['subscriber', 'recovery-official', 'auditor']],
  ['readReceipt', ['subscriber', 'recovery-official', 'auditor']],
  ['followEvents', ['subscriber', 'enrollment-workflow', 'auditor']],
  ['showWebhook', ['administrator']],
  ['removeWebhook', ['administrator']],
  ['rotateWebhookSecret', ['administrator']],
  ['redriveDeadLetter', ['administrator']],
  ['proveEntry', ['auditor', 'administrator']],
  ['readDossier', ['subscriber', 'auditor', 'administrator']],
];

async function ask(name: RouteName, role: Role, records: Records, asking: Asking = {}): Promise<Answered> {
  const { method, target, status: _unused, ...sent } = sensibleRequests(records)[name];
  const token = await api.as(role, { authTime: 'now', ...asking });
  return await api.call(method, target, { ...sent, token });
}

/** What a caller can tell two answers apart by, but for the name of the request. */
function tellable({ status, headers, json }: Answered) {
  const { 'x-request-id': _header, ...others } = headers;
  const { requestId: _member, ...rest } = json;
  return { status, headers: others, json: rest };
}

async function expectAsIfMissing(name: RouteName, role: Role, records: Records): Promise<void> {
  const before = await snapshotOf(api);
  const { entries } = api.world.dependencies.ledger;
  const recorded = entries.length;
  const answer = await ask(name, role, records);
  expect([answer.status, answer.code], answer.text).toEqual([404, 'not-found']);
  expect(entries.slice(recorded)).toMatchObject([
    { organization: 'acme', principal: 'ada', code: 'not-found', outcome: 'refused' },
  ]);
  expect(tellable(answer)).toEqual(tellable(await ask(name, role, missing(records))));
  expect(await snapshotOf(api)).toBe(before);
}

const cells = routesWithId.flatMap(([name, roles]) => roles.map((role) => ({ name, role })));

describe("another organization's record", () => {
  it.each(cells)('is not there: $name as $role', ({ name, role }) => expectAsIfMissing(name, role, foreign));
});

describe("another subscriber's record", () => {
  const subscribers = cells.filter(({ role }) => role === 'subscriber');

  it.each(subscribers)('is not there: $name', ({ name, role }) => expectAsIfMissing(name, role, bobs));

  it('is not there by the receipt of an own one, nor an own one’s receipt by it', async () => {
    for (const [ready, receipt] of [
      [own.ready, bobs.receipt],
      [bobs.ready, own.receipt],
      [own.ready, foreign.receipt],
    ]) {
      const target = `/v1/enrollments/${ready}/receipts/${receipt}`;
      expect((await api.call('GET', target, { token: await api.as('subscriber') })).code).toBe('not-found');
    }
    const target = `/v1/enrollments/${own.ready}/receipts/${bobs.receipt}`;
    expect((await api.call('GET', target, { token: await api.as('auditor') })).code).toBe('not-found');
  });
});

describe('a list', () => {
  const idsOf = ({ json }: Answered, name: string, member = 'id') => {
    const list: unknown = json[name];
    return Array.isArray(list) ? list.map((each) => String(each[member])) : expect.unreachable(name);
  };
  const list = async (target: string, role: Role, asking: Asking = {}) =>
    await api.call('GET', target, { token: await api.as(role, asking) });

  it('of enrollments has those of the organization, and a subscriber’s the own ones', async () => {
    const mine = [own.awaiting, own.ready, own.spare];
    const his = [bobs.awaiting, bobs.ready, bobs.spare];
    const theirs = [foreign.awaiting, foreign.ready, foreign.spare];
    const all = async (role: Role, asking?: Asking, query = '') =>
      idsOf(await list(`/v1/enrollments?limit=200${query}`, role, asking), 'enrollments').sort();
    expect(await all('auditor')).toEqual([...mine, ...his].sort());
    expect(await all('subscriber')).toEqual([...mine].sort());
    expect(await all('subscriber', { organization: otherOrganization })).toEqual([...theirs].sort());
    expect(await all('auditor', {}, '&subscriberId=bob')).toEqual([...his].sort());
    for (const query of ['&subscriberId=bob', '&subscriberId=bob&state=ready']) {
      expect(await all('subscriber', {}, query)).toEqual([]);
    }
  });

  it('goes on from a cursor of another organization with the own records only', async () => {
    const { json } = await list('/v1/enrollments?limit=1', 'auditor', { organization: otherOrganization });
    const next = await list(`/v1/enrollments?limit=200&cursor=${json['cursor']}`, 'auditor');
    const theirs = [foreign.awaiting, foreign.ready, foreign.spare];
    for (const id of idsOf(next, 'enrollments')) expect(theirs).not.toContain(id);
  });

  it('of notices has those of the organization, and a subscriber’s the own ones', async () => {
    const told = async (role: Role, query = '', asking?: Asking) =>
      idsOf(await list(`/v1/notices${query}`, role, asking), 'notices').sort();
    const [mine, his, theirs] = [own, bobs, foreign].map(({ ready }) => `notice-${ready}`);
    expect(await told('auditor')).toEqual([mine, his].sort());
    expect(await told('subscriber')).toEqual([mine]);
    expect(await told('subscriber', '?subscriberId=bob')).toEqual([]);
    expect(await told('recovery-official', '?subscriberId=bob')).toEqual([his]);
    expect(await told('subscriber', '', { organization: otherOrganization })).toEqual([theirs]);
  });

  it('of webhooks and dead letters has those of the organization', async () => {
    const webhooks = idsOf(await list('/v1/webhooks', 'administrator'), 'webhooks');
    expect(webhooks.sort()).toEqual(
      [own, bobs].flatMap(({ webhook, spareWebhook }) => [webhook, spareWebhook]).sort(),
    );
    const letters = await list('/v1/dead-letters', 'auditor');
    expect(idsOf(letters, 'deadLetters')).toEqual([own.deadLetter, bobs.deadLetter]);
    expect(idsOf(letters, 'deadLetters', 'enrollmentId')).toEqual([own.ready, bobs.ready]);
    const theirs = await list('/v1/dead-letters', 'auditor', { organization: otherOrganization });
    expect(idsOf(theirs, 'deadLetters')).toEqual([foreign.deadLetter]);
  });

  it('of what there is counts what is the organization’s', async () => {
    const { json } = await list('/v1/status', 'auditor', { organization: otherOrganization });
    expect(json).toMatchObject({ enrollments: { 'awaiting-subscriber': 2, ready: 1 }, deadLetters: 1 });
    expect((await list('/v1/status', 'auditor')).json).toMatchObject({ deadLetters: 2 });
  });
});

describe('a stream of events', () => {
  /** What is kept for a caller, as text. */
  async function kept(role: Role, query: string, asking?: Asking): Promise<string> {
    const ending = new AbortController();
    const token = await api.as(role, asking);
    const { stream } = await api.call('GET', `/v1/events?from=beginning${query}`, {
      token,
      signal: ending.signal,
    });
    let text = '';
    // It is over once nothing comes any more.
    const silence = setTimeout(() => ending.abort(), 50);
    for await (const piece of stream ?? expect.unreachable('it is a stream')) {
      silence.refresh();
      text += piece;
    }
    return text;
  }

  it('has those of the organization', async () => {
    const text = await kept('auditor', '');
    expect([text.includes(own.ready), text.includes(bobs.ready)]).toEqual([true, true]);
    for (const id of [foreign.ready, otherOrganization]) expect(text).not.toContain(id);
    expect(await kept('auditor', '', { organization: otherOrganization })).toContain(foreign.ready);
  });

  it('has those of one enrollment for its subscriber, who must name it', async () => {
    const text = await kept('subscriber', `&enrollmentId=${own.ready}`);
    expect(text).toContain(own.ready);
    for (const id of [own.awaiting, bobs.ready]) expect(text).not.toContain(id);
    const all = await api.call('GET', '/v1/events', { token: await api.as('subscriber') });
    expect([all.code, all.json['detail']]).toEqual(['invalid-input', 'enrollmentId: is missing.']);
  });
});

describe('what is sent in for another organization', () => {
  it('as an event is not taken, nor is what came with it', async () => {
    const token = await api.as('enrollment-workflow');
    const before = await snapshotOf(api);
    const [mine, theirs] = ['acme', otherOrganization].map((name) => incomingEvent(name, 'ada'));
    for (const body of [theirs, [mine, theirs]]) {
      expect((await api.call('POST', '/v1/events', { token, body })).code).toBe('not-found');
    }
    expect(await snapshotOf(api)).toBe(before);
  });

  it('as one of several requests is refused by itself', async () => {
    const token = await api.as('enrollment-workflow');
    const request = (idempotencyKey: string, organization?: string) => ({
      ...enrollmentOf('eve'),
      idempotencyKey,
      ...(organization !== undefined && { organization }),
    });
    const body = { requests: [request('batch-1', otherOrganization), request('batch-2')] };
    const { json } = await api.call('POST', '/v1/enrollment-batches', { token, body });
    expect(json['results']).toMatchObject([{ problem: { code: 'not-found' } }, { enrollment: {} }]);
    const theirs = await api.as('auditor', { organization: otherOrganization });
    const listed = await api.call('GET', '/v1/enrollments?subscriberId=eve', { token: theirs });
    expect(listed.json['enrollments']).toEqual([]);
  });

  it('as a field of one request is not known', async () => {
    const token = await api.as('enrollment-workflow');
    const body = { ...enrollmentOf('eve'), organization: otherOrganization };
    const { code, json } = await api.call('POST', '/v1/enrollments', { token, body });
    expect([code, json['detail']]).toEqual(['invalid-input', 'organization: is not a known field.']);
  });
});

describe('an idempotency key', () => {
  const enroll = async (organization: string, subject: string, subscriber: string) =>
    await api.call('POST', '/v1/enrollments', {
      token: await api.as('enrollment-workflow', { organization, subject }),
      headers: { 'idempotency-key': 'shared' },
      body: enrollmentOf(subscriber),
    });

  it('of one organization is not that of another', async () => {
    const one = await enroll('acme', 'machine', 'ann');
    const other = await enroll(otherOrganization, 'machine', 'ben');
    expect([one.status, other.status]).toEqual([201, 201]);
    expect(one.json['id']).not.toBe(other.json['id']);
    expect(other.json['subscriber']).toMatchObject({ id: 'ben' });
  });

  it('names a request of the organization, whichever machine sends it', async () => {
    const one = await enroll('acme', 'machine', 'ann');
    expect((await enroll('acme', 'machine-2', 'ann')).json['id']).toBe(one.json['id']);
    expect((await enroll('acme', 'machine-3', 'ben')).code).toBe('idempotency-mismatch');
  });

  it('of one subscriber is not that of another', async () => {
    const set = async (subject: string, id: string) =>
      await api.call('POST', `/v1/enrollments/${id}/password`, {
        token: await api.as('subscriber', { subject }),
        headers: { 'idempotency-key': 'mine' },
        body: { password: 'short' },
      });
    for (const [subject, { spare }] of [
      ['ada', own],
      ['bob', bobs],
    ] as const) {
      expect((await set(subject, spare)).code).toBe('password-too-weak');
    }
    expect((await set('ada', own.awaiting)).code).toBe('idempotency-mismatch');
  });
});

describe('an organization that is not set up', () => {
  const asking = { organization: 'nowhere', authTime: 'now' } as const;

  it.each(cells)('has no record: $name as $role', async ({ name, role }) => {
    const { code } = await ask(name, role, own, asking);
    expect(['not-found', 'not-set-up']).toContain(code);
  });

  it.each([
    ['requestEnrollment', 'enrollment-workflow'],
    ['requestEnrollments', 'enrollment-workflow'],
    ['planEnrollment', 'enrollment-workflow'],
    ['showOrganization', 'auditor'],
    ['changeSettings', 'administrator'],
    ['registerWebhook', 'administrator'],
    ['listWebhooks', 'administrator'],
    ['readStatus', 'auditor'],
  ] as const)('is told to be set up first: %s', async (name, role) => {
    const { code } = await ask(name, role, own, asking);
    expect(code).toBe('not-set-up');
  });

  it.each(['/v1/enrollments', '/v1/notices', '/v1/dead-letters'])(
    'has nothing to list: %s',
    async (target) => {
      const { status, json } = await api.call('GET', target, { token: await api.as('auditor', asking) });
      expect([status, Object.values(json)]).toEqual([200, [[]]]);
    },
  );
});

// Last, since it changes them.
describe("an organization's own record", () => {
  it.each(cells)('is there: $name as $role', async ({ name, role }) => {
    const subject = role === 'subscriber' ? 'ada' : 'olga';
    const answer = await ask(name, role, foreign, { organization: otherOrganization, subject });
    expect(['not-found', 'not-permitted']).not.toContain(answer.code);
  });
});
