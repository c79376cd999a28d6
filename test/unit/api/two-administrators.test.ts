import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '#domain/principal.ts';
import { approvePolicy } from '#lambdas/approve-policy/approve-policy.ts';
import { proposePolicy } from '#lambdas/propose-policy/propose-policy.ts';
import { loadOrganization } from '#steps/load.ts';
import { type ApiWorld, makeApiWorld, otherOrganization } from '#test/support/api.ts';
import { ownPolicy } from '#test/support/own-policy.ts';
import { generalSettings } from '#test/support/policies.ts';
import { organization } from '#test/support/world.ts';

// Each way that we could think of to have a policy decide that one person alone wanted.

let api: ApiWorld;
beforeEach(async () => {
  api = await makeApiWorld();
});
afterEach(() => api.close());

const tokenOf = (claims: Record<string, unknown>) =>
  api.issuer.bearer({ organization, roles: ['administrator'], ...claims });
const ask = async (method: string, target: string, body: unknown, claims: Record<string, unknown>) =>
  await api.call(method, target, { token: await tokenOf(claims), body });
const propose = (letter: string, claims: Record<string, unknown>) =>
  ask('PUT', '/v1/policy/proposal', ownPolicy(letter), claims);
const approve = (document: unknown, claims: Record<string, unknown>) =>
  ask('POST', '/v1/policy/approval', { document }, claims);
const versionOf = async (of = organization) =>
  (await loadOrganization(api.world.dependencies, of)).policy.version;
const alice = { sub: 'alice' };
const bob = { sub: 'bob' };

describe('a policy takes two administrators', () => {
  it('and two are enough', async () => {
    const { json } = await propose('a', alice);
    expect(await approve(json['document'], bob)).toMatchObject({ status: 200, json: { version: '2' } });
  });

  it('not one who comes by two programs', async () => {
    const { json } = await propose('a', { ...alice, client_id: 'escrow-cli', azp: 'escrow-cli' });
    const again = { ...alice, client_id: 'portal', azp: 'portal', jti: 'another', scope: 'openid profile' };
    expect(await approve(json['document'], again)).toMatchObject({ status: 403, code: 'not-permitted' });
    expect(await versionOf()).toBe('1');
  });

  it.each([
    ['by the name first', { subject: 'alice', issuerSubject: '4b2f' }, { subject: '4b2f' }],
    ['by the name last', { subject: '4b2f' }, { subject: 'alice', issuerSubject: '4b2f' }],
    [
      'by two names',
      { subject: 'alice', issuerSubject: '4b2f' },
      { subject: 'a.smith', issuerSubject: '4b2f' },
    ],
  ])('not one whose tokens hold another claim from program to program: %s', async (_how, one, other) => {
    const { dependencies } = api.world;
    const as = (named: Pick<Principal, 'subject' | 'issuerSubject'>): Principal => ({
      ...{ organization, roles: ['administrator'] },
      ...named,
    });
    const { document } = await proposePolicy(dependencies, as(one), {
      policy: ownPolicy('a'),
      requestId: 'r',
    });
    const asked = approvePolicy(dependencies, as(other), { document, requestId: 'r' });
    await expect(asked).rejects.toMatchObject({ code: 'not-permitted' });
    expect(await versionOf()).toBe('1');
    expect(dependencies.ledger.entries.at(-1)).toMatchObject({
      action: 'approve-policy',
      outcome: 'refused',
    });
    // What the issuer calls a person is the record's alone.
    const { json } = await ask('GET', '/v1/policy', undefined, bob);
    expect(json).toMatchObject({ proposal: { proposedBy: one.subject } });
    expect(json).not.toHaveProperty('proposal.issuerSubject');
  });

  it('not one who has another role beside, or a token that says so', async () => {
    const { json } = await propose('a', alice);
    const roles = ['administrator', 'auditor', 'recovery-official'];
    expect((await approve(json['document'], { ...alice, roles })).status).toBe(403);
    expect((await approve(json['document'], { ...bob, roles: ['auditor', 'service'] })).status).toBe(403);
    expect(await versionOf()).toBe('1');
  });
});

describe('what is approved is what was read', () => {
  it('not what took its place since', async () => {
    const { json } = await propose('a', alice);
    await propose('b', alice);
    expect(await approve(json['document'], bob)).toMatchObject({ status: 412, code: 'precondition-failed' });
    expect(await versionOf()).toBe('1');
  });

  it('not what was withdrawn', async () => {
    const { json } = await propose('a', alice);
    await ask('DELETE', `/v1/policy/proposals/${json['document']}`, undefined, alice);
    expect(await approve(json['document'], bob)).toMatchObject({ status: 412 });
  });

  it('not what was proposed in place of a version that decides no more', async () => {
    const { json } = await propose('a', alice);
    const { registry } = api.world.dependencies;
    const stale = await loadOrganization(api.world.dependencies, organization);
    await approve((await propose('b', bob)).json['document'], alice);
    const now = await loadOrganization(api.world.dependencies, organization);
    // As no writer of ours leaves it: the proposal of then beside the policy of now.
    const { proposal = expect.unreachable('it was proposed') } = stale;
    await registry.replace(
      { ...now, version: now.version + 1, proposal: { ...proposal, document: String(json['document']) } },
      { version: now.version },
    );
    expect(await approve(json['document'], bob)).toMatchObject({ status: 412 });
    expect(await versionOf()).toBe('2');
  });

  it('once: an approval that is sent again later approves nothing anew', async () => {
    const { json } = await propose('a', alice);
    await approve(json['document'], bob);
    await approve((await propose('b', bob)).json['document'], alice);
    expect(await approve(json['document'], bob)).toMatchObject({ status: 412 });
    expect(await versionOf()).toBe('3');
  });
});

describe('an administrator of another organization', () => {
  const stranger = { sub: 'bob', organization: otherOrganization };

  it('approves nothing here, nor there what is proposed here', async () => {
    const { json } = await propose('a', alice);
    expect(await approve(json['document'], stranger)).toMatchObject({ status: 412 });
    expect([await versionOf(), await versionOf(otherOrganization)]).toEqual(['1', '1']);
  });

  it('counts for nothing where both propose the same text', async () => {
    const { json } = await propose('a', alice);
    await propose('a', { ...alice, organization: otherOrganization });
    expect((await approve(json['document'], stranger)).status).toBe(200);
    expect([await versionOf(), await versionOf(otherOrganization)]).toEqual(['1', '2']);
    expect((await approve(json['document'], alice)).status).toBe(403);
  });
});

describe('one administrator alone', () => {
  it('goes back to no earlier version', async () => {
    await approve((await propose('a', alice)).json['document'], bob);
    const back = await ask('PUT', '/v1/policy/proposal', { version: '1' }, alice);
    expect(back.status).toBe(200);
    expect((await approve(back.json['document'], alice)).status).toBe(403);
    expect(await versionOf()).toBe('2');
    expect((await approve(back.json['document'], bob)).status).toBe(200);
  });

  it('goes back to no settings', async () => {
    const { registry } = api.world.dependencies;
    const before = await loadOrganization(api.world.dependencies, organization);
    const settings = { ...before, version: before.version + 1, policy: generalSettings };
    await registry.replace(settings, { version: before.version });
    await approve((await propose('a', alice)).json['document'], bob);
    const back = await ask('PUT', '/v1/policy/proposal', { version: 'general-1' }, bob);
    expect((await approve(back.json['document'], bob)).status).toBe(403);
    expect(await versionOf()).toBe('1');
  });

  it('changes nothing by setting the organization up once more', async () => {
    const { json: shown } = await ask('GET', '/v1/organization', undefined, alice);
    const setUp = { name: 'Acme', contact: 'help@acme.example', recoveryKey: shown['recoveryKey'] };
    await approve((await propose('a', alice)).json['document'], bob);
    const before = await loadOrganization(api.world.dependencies, organization);
    for (const body of [setUp, { ...setUp, policy: ownPolicy('b'), retentionDays: 1 }]) {
      expect((await ask('PUT', '/v1/organization', body, alice)).status).toBe(200);
    }
    expect(await loadOrganization(api.world.dependencies, organization)).toEqual(before);
  });

  it('sets no policy as a setting', async () => {
    const { version } = await loadOrganization(api.world.dependencies, organization);
    const token = await tokenOf(alice);
    const headers = { 'if-match': `"${version}"` };
    const body = { policy: ownPolicy('b') };
    expect((await api.call('PATCH', '/v1/organization', { token, body, headers })).status).toBe(400);
    expect(await versionOf()).toBe('1');
  });
});
