import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteName } from '#contract/routes.ts';
import { rolesOfTokens } from '#domain/principal.ts';
import { type ApiWorld, makeApiWorld } from '#test/support/api.ts';
import { furnish, type Records, routeNames, sensibleRequests } from '#test/support/api-requests.ts';

/**
 * Who may use what, written out and not read from the routes, so that a change of either shows here. The columns: subscriber (S),
 * enrollment workflow (W), recovery official (O), auditor (A), administrator (D), recovery agent (G), requestor (Q).
 */
const table = `
  requestEnrollment     . W . . D . .
  requestEnrollments    . W . . D . .
  planEnrollment        . W . . D . .
  listEnrollments       S W O A D . .
  showEnrollment        S W O A D . .
  setPassword           S . . . . . .
  changePassword        S . . . . . .
  unlockEnrollment      . . O . . . .
  destroyEnrollment            S . . . D . .
  readCsr               S W . . D . .
  exportCopy            S . . . . . .
  listBackups           S W O A D . .
  readReceipt           S W O A D . .
  listNotices           S . O A D . .
  showOrganization      . W O A D . .
  setUpOrganization     . . . . D . .
  changeSettings        . . . . D . .
  showPolicy            . . . A D . .
  listPolicyVersions    . . . A D . .
  simulatePolicy        . . . A D . .
  comparePolicy         . . . A D . .
  approvePolicy         . . . . D . .
  withdrawProposal      . . . . D . .
  proposePolicy         . . . . D . .
  publishEvents         . W . . . . .
  followEvents          S W O A D . .
  registerWebhook       . . . . D . .
  listWebhooks          . . . . D . .
  showWebhook           . . . . D . .
  removeWebhook         . . . . D . .
  rotateWebhookSecret   . . . . D . .
  listDeadLetters       . . . A D . .
  redriveDeadLetter     . . . . D . .
  readCheckpoint        . . . A D . .
  listSegments          . . . A D . .
  readSegment           . . . A D . .
  readLines             . . . A D . .
  findEntries           . . . A D . .
  proveEntry            . . . A D . .
  readDossier           S . . A D . .
  readStatus            . . O A D . .
`;

const columns = [
  'subscriber',
  'enrollment-workflow',
  'recovery-official',
  'auditor',
  'administrator',
  'recovery-agent',
  'requestor',
] as const;

const open: RouteName[] = ['readHealth', 'readKeySet', 'readResourceMetadata', 'readApiDescription'];

const rows = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/))
  .map(([name = '', ...cells]) => ({ name: routeNamed(name), allowed: cells.map((cell) => cell !== '.') }));

function routeNamed(name: string): RouteName {
  return routeNames.find((each) => each === name) ?? expect.unreachable(`there is no route ${name}`);
}

/** A route's name as records have it. */
function actionOf(name: RouteName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Records that are not there: whoever may not ask is not told. */
const nothing: Records = {
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
  recoveryKey: {},
  proposal: '0'.repeat(64),
  version: 1,
};

let api: ApiWorld;
beforeAll(async () => {
  api = await makeApiWorld();
});
afterAll(() => api.close());

it('the table has every route that needs a token, and every role that a token can give', () => {
  expect([...rows.map(({ name }) => name), ...open].sort()).toEqual([...routeNames].sort());
  expect([...columns].sort()).toEqual([...rolesOfTokens].sort());
  for (const { allowed } of rows) expect(allowed).toHaveLength(columns.length);
});

describe.each(columns.map((role, column) => ({ role, column })))('$role', ({ role, column }) => {
  // The records are Ada's; nobody else here is a subscriber.
  const subject = role === 'subscriber' ? 'ada' : role;
  let records: Records;
  beforeAll(async () => {
    records = await furnish(api);
  });

  const ask = async (name: RouteName) => {
    const { method, target, status, ...sent } = sensibleRequests(records)[name];
    const before = api.world.dependencies.ledger.entries.length;
    const token = await api.as(role, { authTime: 'now', subject });
    const answer = await api.call(method, target, { ...sent, token });
    return { answer, status, recorded: api.world.dependencies.ledger.entries.slice(before) };
  };

  it.each(rows.filter(({ allowed }) => allowed[column]))('may $name', async ({ name }) => {
    const { answer, status, recorded } = await ask(name);
    expect(answer.status, answer.text).toBe(status);
    // Each request of a batch is recorded by itself.
    const action = name === 'requestEnrollments' ? 'request-enrollment' : actionOf(name);
    const requestId = expect.stringContaining(answer.headers['x-request-id'] ?? '?');
    for (const entry of recorded) expect(entry).toMatchObject({ action, outcome: 'done', requestId });
  });

  it.each(rows.filter(({ allowed }) => !allowed[column]))('may not $name', async ({ name }) => {
    const { answer, recorded } = await ask(name);
    expect([answer.status, answer.code], answer.text).toEqual([403, 'not-permitted']);
    expect(recorded).toEqual([
      {
        action: actionOf(name),
        organization: 'acme',
        principal: subject,
        outcome: 'refused',
        code: 'not-permitted',
        requestId: answer.headers['x-request-id'],
      },
    ]);
  });
});

describe('a token that gives no role', () => {
  it.each([
    ['none', []],
    ['the service’s own, which nobody has', ['service']],
    ['one that is not known', ['root', 'Administrator', 'ADMINISTRATOR']],
  ])('but %s: it may do nothing', async (_what, roles) => {
    const records = await furnish(api);
    const token = await api.issuer.bearer({ roles });
    for (const { name } of rows) {
      const { method, target, status: _unused, ...sent } = sensibleRequests(records)[name];
      expect((await api.call(method, target, { ...sent, token })).code, name).toBe('not-permitted');
    }
  });
});

describe('nobody', () => {
  it.each(rows)('may $name, and that is recorded', async ({ name }) => {
    const { method, target, status: _unused, ...sent } = sensibleRequests(nothing)[name];
    const { entries } = api.world.dependencies.ledger;
    const before = entries.length;
    const answer = await api.call(method, target, { ...sent, clientAddress: name });
    expect([answer.status, answer.code]).toEqual([401, 'sign-in-required']);
    expect(entries.slice(before)).toMatchObject([
      { action: 'verify-token', code: 'sign-in-required', outcome: 'refused', about: ['no token'] },
    ]);
  });

  it.each(open)('is kept from %s', async (name) => {
    const { method, target } = sensibleRequests(nothing)[name];
    expect((await api.call(method, target)).status).toBe(200);
    expect((await api.call(method, target, { token: 'Bearer not-a-token' })).status).toBe(200);
  });
});
