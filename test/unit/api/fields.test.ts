import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsIdempotencyKey, type Route } from '#contract/api/route.ts';
import { type RouteName, routes } from '#contract/routes.ts';
import { type Answered, type ApiWorld, makeApiWorld, type Sent } from '#test/support/api.ts';
import { requestSchemaOf } from '#test/support/api-description.ts';
import { type Records, routeNames, sensibleRequests } from '#test/support/api-requests.ts';
import { snapshotOf } from '#test/support/api-snapshot.ts';
import { mark, wrongBodies } from '#test/support/wrong-fields.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await makeApiWorld();
});
afterAll(() => api.close());

/** Records of no organization: whatever is wrong with a request is told before anybody looks for them. */
const records: Records = {
  organization: 'acme',
  subscriber: 'ada',
  awaiting: 'enr_none',
  ready: 'enr_none',
  spare: 'enr_none',
  receipt: 'rcp_none',
  webhook: 'whk_none',
  spareWebhook: 'whk_none',
  deadLetter: '1000000',
  entry: 'led_none',
  recoveryKey: { kty: 'EC' },
  proposal: '0'.repeat(64),
  version: 1,
};
const sensible = sensibleRequests(records);
const declared: Readonly<Record<RouteName, Route>> = routes;

/** Sends what should be refused, by somebody who may use the route. */
async function send(name: RouteName, change: Sent & { target?: string } = {}) {
  const { method, target, status: _unused, ...sent } = sensible[name];
  const { roles } = declared[name];
  const token = roles === 'anyone' ? {} : { token: await api.as([...roles], { authTime: 'now' }) };
  const headers = { ...sent.headers, ...change.headers };
  return await api.call(method, change.target ?? target, { ...token, ...sent, ...change, headers });
}

interface Refusal {
  code?: string;
  field: string;
}

/** Expects a refusal that names a field, writes nothing but its record, and repeats nothing of what was sent. */
async function expectRefused(
  work: () => Promise<Answered>,
  { code = 'invalid-input', field }: Refusal,
): Promise<void> {
  const before = await snapshotOf(api);
  const { entries } = api.world.dependencies.ledger;
  const recorded = entries.length;
  const logged = api.lines.length;
  const answer = await work();
  expect(answer.code, answer.text).toBe(code);
  // A list in place of an object lacks the object's members.
  const isIt = (named: string) =>
    named === field || named.startsWith(field === '(whole)' ? '0' : `${field}.`);
  expect(fieldsOf(answer).filter(isIt), answer.text).not.toEqual([]);
  expect(entries.slice(recorded)).toMatchObject([
    { code, outcome: 'refused', about: expect.arrayContaining(fieldsOf(answer)) },
  ]);
  expect(await snapshotOf(api)).toBe(before);
  const said = JSON.stringify([
    answer.text,
    answer.headers,
    entries.slice(recorded),
    api.lines.slice(logged),
  ]);
  for (const value of [mark, '424242', 'xxxxxxxxxx']) expect(said).not.toContain(value);
}

function fieldsOf({ json: { issues, detail } }: Answered): string[] {
  if (Array.isArray(issues)) return issues.map(({ field }) => String(field));
  return [String(detail).split(':')[0] ?? ''];
}

const withBody = routeNames.filter((name) => declared[name].body.largest > 0);
const withoutBody = routeNames.filter((name) => declared[name].body.largest === 0);

describe.each(withBody)('the body of %s', (name) => {
  const whole = sensible[name].body;
  // Each request of a batch has a result of its own.
  const cases = wrongBodies(requestSchemaOf(declared[name]), whole).filter(
    ({ field }) => !field.startsWith('requests.0'),
  );

  it('is wrong in many ways', () => {
    expect(cases.length).toBeGreaterThan(5);
  });

  it.each(cases)('is refused if $what', async ({ body, field }) => {
    await expectRefused(() => send(name, { body: JSON.stringify(body) }), { field });
  });

  it('is refused if it is not there', async () => {
    const nothing = { body: '', headers: { 'content-type': undefined } };
    await expectRefused(() => send(name, nothing), { field: '(whole)' });
  });

  it('is refused if it has a field with a name that objects have', async () => {
    for (const field of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const text = JSON.stringify(whole).replace('{', `{"${field}":"${mark}",`);
      if (name === 'publishEvents') continue;
      await expectRefused(() => send(name, { body: text }), { field });
    }
  });

  it('is refused if it has a field whose name is itself a message, without repeating it', async () => {
    if (name === 'publishEvents') return;
    const body = { ...Object(whole), [`${mark}\n`]: 1, ['x'.repeat(65)]: 1 };
    await expectRefused(() => send(name, { body }), { field: '(unnamed)' });
  });

  it('is refused if it is larger than the route takes, or of another type', async () => {
    const large = ' '.repeat(declared[name].body.largest + 1);
    await expectRefused(() => send(name, { body: large }), { code: 'body-too-large', field: 'body' });
    const other = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const expected = { code: 'unsupported-media-type', field: 'Content-Type' };
    await expectRefused(() => send(name, other), expected);
  });
});

describe('each request of a batch', () => {
  const whole = sensible.requestEnrollments.body;
  const single = requestSchemaOf(declared.requestEnrollment);
  const item = {
    ...single,
    properties: { ...single.properties, idempotencyKey: { type: 'string', minLength: 1, maxLength: 128 } },
    required: [...(single.required ?? []), 'idempotencyKey'],
  };
  const schema = { properties: { requests: { type: 'array', items: item } } };
  const cases = wrongBodies(schema, whole).filter(({ field }) => /^requests\.0\../.test(field));

  it.each(cases)('is refused by itself if $what', async ({ body, field }) => {
    const before = await snapshotOf(api);
    const { status, json, text } = await send('requestEnrollments', { body });
    expect(status).toBe(200);
    const [{ problem }] = Array.isArray(json['results']) ? json['results'] : [{}];
    expect(problem).toMatchObject({ code: 'invalid-input' });
    const named = problem.issues.map((issue: { field: string }) => `requests.0.${issue.field}`);
    expect(named.join(' '), text).toContain(field);
    expect(await snapshotOf(api)).toBe(before);
    expect(text).not.toContain(mark);
    expect(api.world.dependencies.ledger.entries.at(-1)).toMatchObject({
      code: 'invalid-input',
      outcome: 'refused',
    });
  });
});

it.each(withoutBody)('%s takes no body', async (name) => {
  await expectRefused(() => send(name, { body: { marked: mark } }), {
    code: 'body-too-large',
    field: 'body',
  });
});

describe.each(routeNames)('the query of %s', (name) => {
  const { target } = sensible[name];
  const join = target.includes('?') ? '&' : '?';

  it.each([
    ['an unknown field', 'unknown=marked%20value', 'unknown'],
    ['a field of a name that objects have', '__proto__=marked%20value', '__proto__'],
    ['a field without a name', '=marked%20value', '(unnamed)'],
    ['a field twice', 'unknown=1&unknown=marked%20value', 'query'],
  ])('is refused if it has %s', async (_what, query, field) => {
    await expectRefused(() => send(name, { target: `${target}${join}${query}` }), { field });
  });
});

const wrongQueries = [
  ['listEnrollments', 'subscriberId', ['', '../x', 'x'.repeat(65), 'marked value', '\u{1f511}']],
  ['listEnrollments', 'state', ['', 'marked value', 'READY', 'ready,refused']],
  ['listEnrollments', 'purpose', ['', 'marked value', 'Identity']],
  ['listEnrollments', 'limit', ['', '0', '-1', '201', '1e2', '1.5', 'marked value', '424242', ' 5', 'NaN']],
  ['listEnrollments', 'cursor', ['', 'x'.repeat(513), 'marked value', 'AA==', 'bm90LWEtcGxhY2U', '_']],
  ['listNotices', 'subscriberId', ['', '../x', 'marked value']],
  ['listNotices', 'limit', ['', '0', '201', 'marked value']],
  ['listNotices', 'cursor', ['', 'marked value', 'bm90LWEtcGxhY2U', 'LTE']],
  ['listDeadLetters', 'limit', ['', '0', '201', 'marked value']],
  ['listDeadLetters', 'cursor', ['', 'marked value', 'bm90LWEtcGxhY2U']],
  ['followEvents', 'enrollmentId', ['', '..', 'marked value', 'x'.repeat(65)]],
  ['followEvents', 'from', ['', 'marked value', 'Now']],
] as const;

describe.each(wrongQueries)('%s by %s', (name, field, values) => {
  it.each(values)('refuses %j', async (value) => {
    const [path] = sensible[name].target.split('?');
    const target = `${path}?${new URLSearchParams({ [field]: value })}`;
    await expectRefused(() => send(name, { target }), { field });
  });
});

const withParams = routeNames.flatMap((name) =>
  [...declared[name].path.matchAll(/\{(\w+)\}/g)].map(([, param = '']) => ({ name, param })),
);

describe.each(withParams)('the $param of $name', ({ name, param }) => {
  const values = ['marked value', '.', '..', '-x', '\0', 'x/../y', 'x'.repeat(129), '\u{1f511}', 'x\n'];

  it.each(values)('is refused if it is %j', async (value) => {
    const filled = declared[name].path.replaceAll(/\{(\w+)\}/g, (_whole, other) =>
      other === param ? encodeURIComponent(value) : 'none',
    );
    await expectRefused(() => send(name, { target: filled }), { field: param });
  });
});

describe.each(routeNames.filter((name) => needsIdempotencyKey(declared[name])))(
  'the Idempotency-Key of %s',
  (name) => {
    it.each([undefined, '', 'marked value', 'x'.repeat(129), '\u{1f511}'])(
      'is refused if it is %j',
      async (key) => {
        await expectRefused(() => send(name, { headers: { 'idempotency-key': key } }), {
          field: 'Idempotency-Key',
        });
      },
    );
  },
);

describe('the If-Match of changed settings', () => {
  it.each([
    undefined,
    '',
    '1',
    '*',
    'W/"1"',
    '"1", "2"',
    '"marked value"',
    '"1e1"',
    `"${'1'.repeat(16)}"`,
    '"-1"',
  ])('is refused if it is %j', async (tag) => {
    await expectRefused(() => send('changeSettings', { headers: { 'if-match': tag } }), {
      field: 'If-Match',
    });
  });
});

describe('a public key', () => {
  it.each([[], [mark], {}, { marked: mark }])('is refused if it is %j', async (recipientKey) => {
    for (const name of ['requestEnrollment', 'planEnrollment'] as const) {
      const body = { ...Object(sensible[name].body), recipientKey };
      await expectRefused(() => send(name, { body }), {
        code: 'recipient-key-invalid',
        field: 'recipientKey',
      });
    }
    const body = { ...Object(sensible.setUpOrganization.body), recoveryKey: recipientKey };
    const refusal = { code: 'recipient-key-invalid', field: 'recoveryKey' };
    await expectRefused(() => send('setUpOrganization', { body }), refusal);
  });
});

describe('the Last-Event-ID of a stream', () => {
  it.each(['marked value', '-1', '424242', '1e3', 'x'.repeat(5_000)])(
    'is refused if it is %j',
    async (id) => {
      const target = '/v1/events';
      await expectRefused(() => send('followEvents', { target, headers: { 'last-event-id': id } }), {
        field: 'lastEventId',
      });
    },
  );
});
