import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, makeApiWorld, otherOrganization } from '#test/support/api.ts';
import { furnish, type Records } from '#test/support/api-requests.ts';
import { issuerKey } from '#test/support/token-issuer.ts';

let api: ApiWorld;
let records: Records;
beforeAll(async () => {
  api = await makeApiWorld();
  records = await furnish(api);
});
afterAll(() => api.close());

const unsigned = (claims: object) =>
  `Bearer ${[{ alg: 'none', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

const bad: readonly [string, string, () => Promise<string>][] = [
  [
    'forged',
    'signature',
    async () => api.issuer.bearer({}, { key: { ...(await issuerKey('x')), kid: 'first' } }),
  ],
  [
    'of a key that the issuer does not publish',
    'signature',
    async () => api.issuer.bearer({}, { key: await issuerKey('other') }),
  ],
  ['without a signature', 'algorithm', async () => unsigned(api.issuer.claims())],
  ['expired', 'expired', () => api.issuer.bearer({ exp: 1 })],
  ['not yet valid', 'not yet valid', () => api.issuer.bearer({ nbf: 4_000_000_000 })],
  ['for another audience', 'audience', () => api.issuer.bearer({ aud: 'urn:other' })],
  ['of another issuer', 'issuer', () => api.issuer.bearer({ iss: 'https://other.example' })],
  ['without an organization', 'no organization', () => api.issuer.bearer({ organization: undefined })],
  [
    'of an organization with an unsuitable name',
    'unsuitable organization',
    () => api.issuer.bearer({ organization: '../acme' }),
  ],
  ['that is none', 'malformed', async () => 'Bearer marked-token'],
  ['far too large', 'too large', async () => `Bearer ${'x'.repeat(20_000)}`],
];

describe.each(bad)('a token that is %s', (name, reason, make) => {
  it('opens nothing, is recorded, and stands nowhere', async () => {
    const token = await make();
    const { entries } = api.world.dependencies.ledger;
    const [recorded, logged] = [entries.length, api.lines.length];
    const target = `/v1/enrollments/${records.ready}`;
    const answer = await api.call('GET', target, { token, clientAddress: name });
    expect([answer.status, answer.code]).toEqual([401, 'token-invalid']);
    expect(entries.slice(recorded)).toMatchObject([
      { action: 'verify-token', outcome: 'refused', about: [reason] },
    ]);
    const said = JSON.stringify([
      answer.text,
      answer.headers,
      entries.slice(recorded),
      api.lines.slice(logged),
    ]);
    for (const part of token.split(/[ .]/).filter((each) => each.length > 8))
      expect(said).not.toContain(part);
  });

  it('is recorded once a minute for an address, however often it comes, with how often that was', async () => {
    const { clock, ledger } = api.world.dependencies;
    const token = await make();
    const recorded = ledger.entries.length;
    const ask = () => api.call('GET', '/v1/enrollments', { token, clientAddress: `${name} again` });
    for (let time = 0; time < 10; time += 1) await ask();
    expect(ledger.entries.length - recorded).toBe(1);
    clock.advance(60_000);
    await api.call('GET', '/v1/enrollments', { token: await make(), clientAddress: `${name} again` });
    expect(ledger.entries.at(-1)?.about).toEqual([reason, 'and 9 more since']);
  });
});

describe('a token of another organization', () => {
  it('is good for that one alone', async () => {
    const token = await api.as('auditor', { organization: otherOrganization });
    expect((await api.call('GET', `/v1/enrollments/${records.ready}`, { token })).code).toBe('not-found');
    expect((await api.call('GET', '/v1/organization', { token })).json['name']).toBe('Globex');
  });
});

describe('a sign-in that is too long ago', () => {
  const destroy = async (authTime: number | undefined) => {
    const { clock } = api.world.dependencies;
    const seconds = Math.floor(clock.now().getTime() / 1_000);
    const token = await api.as('subscriber', authTime === undefined ? {} : { authTime: seconds - authTime });
    const body = { confirm: records.spare };
    return await api.call('POST', `/v1/enrollments/${records.spare}/destruction`, { token, body });
  };

  it.each([undefined, 301, 86_400])(
    'does not destroy a key, and asks for a fresh one: %s seconds',
    async (age) => {
      const { status, code, headers } = await destroy(age);
      expect([status, code]).toEqual([401, 'fresh-sign-in-required']);
      expect(headers['www-authenticate']).toContain('insufficient_user_authentication');
      expect(api.world.dependencies.ledger.entries.at(-1)).toMatchObject({
        action: 'destroy-enrollment',
        outcome: 'refused',
      });
    },
  );

  it('does, five minutes after it at the latest', async () => {
    expect((await destroy(300)).status).toBe(200);
  });
});

describe('an issuer that does not answer', () => {
  it('is said to be that, and the token is not said to be bad', async () => {
    const alone = await makeApiWorld();
    alone.issuer.answer = (response) => void response.writeHead(500).end();
    const { entries } = alone.world.dependencies.ledger;
    const recorded = entries.length;
    const answer = await alone.call('GET', '/v1/enrollments', { token: await alone.as('auditor') });
    expect([answer.status, answer.code]).toEqual([503, 'issuer-unavailable']);
    expect(entries).toHaveLength(recorded);
    alone.issuer.answer = undefined;
    expect((await alone.call('GET', '/v1/enrollments', { token: await alone.as('auditor') })).status).toBe(
      200,
    );
    await alone.close();
  });
});
