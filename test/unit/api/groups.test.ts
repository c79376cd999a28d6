import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '#domain/principal.ts';
import { type ApiWorld, makeApiWorld } from '#test/support/api.ts';
import { enrollmentOf, rightPassword } from '#test/support/api-requests.ts';
import { decideBy, policyWith } from '#test/support/policies.ts';
import { organization } from '#test/support/world.ts';

const forbid = (id: string, group: string, actions: string) => `@id("${id}")
@reason("Not for ${group}.")
forbid (principal in Escrow::Group::"${group}", action in [${actions}], resource);
`;
const cedar = [
  policyWith({}).cedar,
  forbid('contractors-take-no-copies', 'contractors', 'Escrow::Action::"Export"'),
  forbid('guests-enroll-nobody', 'HR guests', 'Escrow::Action::"Enroll"'),
  forbid('interns-set-none', 'interns', 'Escrow::Action::"SetPassword"'),
].join('\n');

describe('the groups that a token names', () => {
  let api: ApiWorld;
  let ready: string;
  beforeAll(async () => {
    api = await makeApiWorld();
    ready = await enroll([]);
    await decideBy(api.world.dependencies, organization, { cedar, tests: policyWith({}).tests });
    expect((await setPassword(ready, [])).status).toBe(200);
  });
  afterAll(() => api.close());

  const bearer = (role: Role, groups: unknown) =>
    api.issuer.bearer({ organization, sub: role === 'subscriber' ? 'ada' : 'hr', roles: [role], groups });

  async function request(groups: unknown) {
    const token = await bearer('enrollment-workflow', groups);
    return await api.call('POST', '/v1/enrollments', { token, body: enrollmentOf('ada') });
  }

  async function enroll(groups: unknown): Promise<string> {
    const { status, json } = await request(groups);
    expect([status, json['state']]).toEqual([201, 'awaiting-subscriber']);
    return String(json['id']);
  }

  async function setPassword(id: string, groups: unknown) {
    const token = await bearer('subscriber', groups);
    return await api.call('POST', `/v1/enrollments/${id}/password`, {
      token,
      body: { password: rightPassword },
    });
  }

  async function exportCopy(groups: unknown) {
    const token = await bearer('subscriber', groups);
    const body = { unlock: { by: 'password', password: rightPassword }, filePassword: { is: 'same' } };
    return await api.call('POST', `/v1/enrollments/${ready}/exports`, { token, body });
  }

  it('are those that policy decides by, at an export', async () => {
    const refused = await exportCopy(['staff', 'contractors']);
    expect(refused).toMatchObject({ status: 403, code: 'export-refused' });
    expect(refused.json).toMatchObject({ rules: ['contractors-take-no-copies'] });
    expect((await exportCopy(['staff'])).status).toBe(200);
  });

  it('are those of whoever asks for an enrollment', async () => {
    expect((await request(['HR guests'])).json).toMatchObject({
      state: 'refused',
      refusal: { rules: ['guests-enroll-nobody'] },
    });
    await enroll(['guests', 'HR']);
  });

  it('are those of whoever sets a password', async () => {
    const id = await enroll([]);
    expect(await setPassword(id, 'interns')).toMatchObject({ status: 403, code: 'not-permitted' });
    expect((await setPassword(id, 'staff')).status).toBe(200);
  });

  it('are refused with their token where they cannot be taken whole, and nothing is decided', async () => {
    const many = Array.from({ length: 300 }, (_unused, index) => `g${index}`);
    expect(await exportCopy([...many, 'contractors'])).toMatchObject({ status: 401, code: 'token-invalid' });
    expect(api.world.dependencies.ledger.entries.at(-1)).toMatchObject({
      action: 'verify-token',
      about: ['too many groups'],
    });
  });

  it('stand in no log and no record', () => {
    const told = JSON.stringify([api.lines, api.world.dependencies.ledger.entries]);
    for (const group of ['staff', 'interns', 'contractors'])
      expect(told).not.toMatch(new RegExp(`\\b${group}\\b(?!-)`));
  });
});
