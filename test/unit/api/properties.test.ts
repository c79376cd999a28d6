import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '#contract/api/route.ts';
import { type RouteName, routes } from '#contract/routes.ts';
import type { Role } from '#domain/principal.ts';
import { type Answered, type ApiWorld, makeApiWorld, otherOrganization } from '#test/support/api.ts';
import { type GeneratedRequest, type RequestSeed, requestsTo } from '#test/support/api-arbitraries.ts';
import { expectRequestDescribed, requestSchemaOf } from '#test/support/api-description.ts';
import {
  furnish,
  furnishFor,
  type Records,
  routeNames,
  sensibleRequests,
} from '#test/support/api-requests.ts';
import { mark } from '#test/support/wrong-fields.ts';

/** Requests in all; for a longer run, `API_REQUESTS=1000000 npx vitest run test/unit/api/properties.test.ts`. */
const requests = Number(process.env['API_REQUESTS'] ?? 10_000);
const perRoute = Math.ceil(requests / (routeNames.length + 1));
const longest = 60_000 + requests * 60;

const declared: Readonly<Record<RouteName, Route>> = routes;
/** Each of these keeps a core busy for a tenth of a second where its request is good. */
const costly: readonly RouteName[] = ['setPassword', 'changePassword', 'exportCopy'];

let api: ApiWorld;
let records: Records;
let tokens: ReadonlyMap<string, string>;
// A world of its own for each route: what a failure's seed finds again depends on nothing that came before.
async function begin(name?: RouteName): Promise<void> {
  api = await makeApiWorld();
  records = name === undefined ? await furnish(api) : await furnishFor(api, name);
  tokens = await everybody();
}
const end = () => api.close();

/** Tokens by whose they are: each role's, some of other organizations, and one that is not accepted. */
async function everybody(): Promise<ReadonlyMap<string, string>> {
  const all: Role[] = ['subscriber', 'enrollment-workflow', 'recovery-official', 'auditor', 'administrator'];
  const own = all.map(async (role): Promise<[string, string]> => {
    const subject = role === 'subscriber' ? 'ada' : 'olga';
    return [role, await api.as(role, { authTime: 'now', subject })];
  });
  const others: [string, Promise<string>][] = [
    ['everything', api.as(all, { authTime: 'now' })],
    ['foreign', api.as(all, { organization: otherOrganization, authTime: 'now' })],
    ['from nowhere', api.as(all, { organization: 'nowhere' })],
    ['requestor', api.as('requestor')],
    ['expired', api.issuer.bearer({ exp: 1 })],
  ];
  const rest = others.map(async ([name, token]): Promise<[string, string]> => [name, await token]);
  return new Map(await Promise.all([...own, ...rest]));
}

/** Each token once, and those of who may use a route as often as all the others together. */
function tokensFor({ roles }: Route): string[] {
  const all = [...tokens.values()];
  const entitled = roles === 'anyone' ? [] : roles.map((role) => tokens.get(role) ?? '');
  const times = Math.ceil(all.length / Math.max(1, entitled.length));
  return [...all, ...Array.from({ length: times }, () => entitled).flat()];
}

/** What stands in bodies where a password would, and must stand nowhere in what comes of them. */
const secret = 'marked password, correct horse';

function seedOf(name: RouteName): RequestSeed {
  const isCostly = costly.includes(name);
  const about = isCostly ? { ...records, ready: 'enr_none', awaiting: 'enr_none' } : records;
  const { target, body } = sensibleRequests(about)[name];
  const ids = [
    'enr_none',
    'whk_none',
    '1',
    ...(isCostly ? [] : [records.ready, records.awaiting, records.receipt, records.webhook]),
  ];
  const marked: unknown = JSON.parse(
    JSON.stringify(body ?? null, (member, value) =>
      /password$/i.test(member) && typeof value === 'string' ? secret : value,
    ),
  );
  const schema = requestSchemaOf(declared[name]);
  return {
    route: declared[name],
    target,
    body: body === undefined ? undefined : marked,
    schema,
    ids,
    tokens: tokensFor(declared[name]),
  };
}

/** Sends it, and expects what must hold of every answer. */
async function expectSound({ method, target, headers, body }: GeneratedRequest): Promise<Answered> {
  const { entries } = api.world.dependencies.ledger;
  const [recorded, logged] = [entries.length, api.lines.length];
  const answer = await api.call(method, target, { headers, body });
  expect(answer.status, answer.text).toBeLessThan(500);
  for (const value of Object.values(answer.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
  const written = JSON.stringify([entries.slice(recorded), api.lines.slice(logged)]);
  for (const kept of [secret, mark]) {
    expect(written).not.toContain(kept);
    if (answer.status >= 400) expect(answer.text).not.toContain(kept);
  }
  if (answer.status < 300) expectRequestDescribed(method, target, body);
  return answer;
}

describe.each(routeNames)('any request to %s', (name) => {
  beforeAll(() => begin(name));
  afterAll(end);

  it('is answered as described, never by a failure, and gives no secret away', {
    timeout: longest,
  }, async () => {
    let taken = 0;
    const property = fc.asyncProperty(requestsTo(seedOf(name)), async (request) => {
      const { status } = await expectSound(request);
      if (status < 300) taken += 1;
    });
    await fc.assert(property, { numRuns: perRoute });
    // They are not all nonsense.
    if (!costly.includes(name)) expect(taken).toBeGreaterThan(0);
  });
});

describe('any request to any address', () => {
  beforeAll(() => begin());
  afterAll(end);

  it('is answered, never by a failure', { timeout: longest }, async () => {
    const addresses = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webPath().map((path) => path || '/'),
      fc.webUrl(),
      fc.constantFrom(
        '/',
        '//',
        '/v1',
        '/v1/',
        '/V1/enrollments',
        '/v1/enrollments/',
        '/v1//enrollments',
        '/.well-known/',
        '*',
      ),
    );
    const methods = fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'CONNECT', 'OPTIONS'), fc.string());
    const property = fc.asyncProperty(methods, addresses, fc.uint8Array(), async (method, target, body) => {
      const { status } = await expectSound({
        method,
        target,
        headers: { authorization: tokens.get('everything') },
        body,
      });
      expect([404, 405]).toContain(status);
    });
    await fc.assert(property, { numRuns: perRoute });
  });
});

describe('a good request that costs much', () => {
  beforeAll(() => begin());
  afterAll(end);

  it('is answered as described, with odd passwords too', { timeout: longest }, async () => {
    const odd = [
      '',
      ' ',
      '\0'.repeat(12),
      '\ud800 is half a character',
      'p\u00e4ssw\u00f6rter sind lang',
      'x'.repeat(129),
      secret,
    ];
    for (const password of odd) {
      const bodies = {
        setPassword: { password },
        changePassword: { currentPassword: password, newPassword: `${password}!` },
        exportCopy: { unlock: { by: 'password', password }, filePassword: { is: 'same' } },
      };
      for (const [name, body] of Object.entries(bodies)) {
        const { method, target } =
          sensibleRequests(records)[costly.find((each) => each === name) ?? 'setPassword'];
        const headers = { authorization: tokens.get('subscriber'), 'content-type': 'application/json' };
        await expectSound({ method, target, headers, body: new TextEncoder().encode(JSON.stringify(body)) });
      }
    }
  });
});
