import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyDocument } from '#domain/policy-document.ts';
import type { Principal } from '#domain/principal.ts';
import { approvePolicy } from '#lambdas/approve-policy/approve-policy.ts';
import { listPolicyVersions } from '#lambdas/list-policy-versions/list-policy-versions.ts';
import { proposePolicy } from '#lambdas/propose-policy/propose-policy.ts';
import { showPolicy } from '#lambdas/show-policy/show-policy.ts';
import { simulatePolicy } from '#lambdas/simulate-policy/simulate-policy.ts';
import { withdrawProposal } from '#lambdas/withdraw-proposal/withdraw-proposal.ts';
import { loadOrganization } from '#steps/load.ts';
import { ownPolicy } from '#test/support/own-policy.ts';
import { generalSettings } from '#test/support/policies.ts';
import { administrator, eventsBorn, makeWorld, organization, type World } from '#test/support/world.ts';

const requestId = 'req';
const second: Principal = { ...administrator, subject: 'second' };
const third: Principal = { ...administrator, subject: 'third' };
const auditor: Principal = { organization, subject: 'olga', roles: ['auditor'] };

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const propose = (policy: PolicyDocument | { version: string }, by = administrator) =>
  proposePolicy(world.dependencies, by, { policy, requestId });
const approve = (document: string, by = second, dependencies: World['dependencies'] = world.dependencies) =>
  approvePolicy(dependencies, by, { document, requestId });
const present = async () => (await loadOrganization(world.dependencies, organization)).policy;
const recordedLast = () => world.dependencies.ledger.entries.at(-1);

describe('a policy', () => {
  it('is proposed by one administrator and decides once another approves it', async () => {
    const proposal = await propose(ownPolicy('a'));
    expect(proposal).toMatchObject({ proposedBy: 'root', replaces: '1' });
    expect(await present()).toMatchObject({ version: '1' });
    expect(recordedLast()).toMatchObject({
      action: 'propose-policy',
      outcome: 'done',
      about: [proposal.document],
    });

    const published = await approve(proposal.document);
    const { document } = proposal;
    expect(published).toMatchObject({ version: '2', document, proposedBy: 'root', approvedBy: 'second' });
    expect(await present()).toEqual(published);
    expect(recordedLast()).toMatchObject({
      action: 'approve-policy',
      principal: 'second',
      outcome: 'done',
      about: [document],
      policy: { version: '2', rules: [] },
    });
    const events = (await eventsBorn(world)).filter(({ type }) => type.startsWith('Policy'));
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['PolicyProposed', { document, replaces: '1' }],
      ['PolicyPublished', { version: '2', document }],
    ]);
  });

  it('is shown with its text, and the proposal with its own, to administrators and auditors', async () => {
    await propose(ownPolicy('a'));
    const shown = await showPolicy(world.dependencies, auditor, { requestId });
    expect(shown.present).toMatchObject({
      version: '1',
      cedar: expect.stringContaining('encryption-escrowed'),
    });
    expect(shown.proposal).toMatchObject({ proposedBy: 'root', ...ownPolicy('a') });
    const subscriber: Principal = { organization, subject: 'ada', roles: ['subscriber'] };
    await expect(showPolicy(world.dependencies, subscriber, { requestId })).rejects.toMatchObject({
      code: 'not-permitted',
    });
    expect(recordedLast()).toMatchObject({ action: 'show-policy', outcome: 'refused' });
  });

  it('is refused for all that is wrong with it, by file, line and column, and leaves nothing', async () => {
    const { tests } = ownPolicy('a');
    const wrong = { cedar: 'permit (principal, action, resource);', tests };
    await expect(propose(wrong)).rejects.toMatchObject({
      code: 'invalid-input',
      details: { field: 'policy.cedar:1:1' },
    });
    expect(await loadOrganization(world.dependencies, organization)).not.toHaveProperty('proposal');
    expect(recordedLast()).toMatchObject({
      action: 'propose-policy',
      outcome: 'refused',
      code: 'invalid-input',
    });
  });

  it('is not proposed where it decides already', async () => {
    await approve((await propose(ownPolicy('a'))).document);
    await expect(propose(ownPolicy('a'))).rejects.toMatchObject({ code: 'already-exists' });
  });

  it('is proposed and approved by administrators alone', async () => {
    await expect(propose(ownPolicy('a'), auditor)).rejects.toMatchObject({ code: 'not-permitted' });
    const { document } = await propose(ownPolicy('a'));
    await expect(approve(document, auditor)).rejects.toMatchObject({ code: 'not-permitted' });
    expect(await present()).toMatchObject({ version: '1' });
  });
});

describe('the one who proposed it', () => {
  it('does not approve it', async () => {
    const { document } = await propose(ownPolicy('a'));
    await expect(approve(document, administrator)).rejects.toMatchObject({ code: 'not-permitted' });
    expect(await present()).toMatchObject({ version: '1' });
    expect(recordedLast()).toMatchObject({ action: 'approve-policy', principal: 'root', outcome: 'refused' });
  });

  it('is whoever proposed it last', async () => {
    const { document } = await propose(ownPolicy('a'));
    await propose(ownPolicy('a'), second);
    await expect(approve(document, second)).rejects.toMatchObject({ code: 'not-permitted' });
    expect(await approve(document, administrator)).toMatchObject({
      proposedBy: 'second',
      approvedBy: 'root',
    });
  });
});

describe('an approval', () => {
  it('by two at once is one: the other is told that it is proposed no longer', async () => {
    const { document } = await propose(ownPolicy('a'));
    const ended = await Promise.allSettled([approve(document, second), approve(document, third)]);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = ended.find(({ status }) => status === 'rejected');
    expect(lost).toMatchObject({ reason: { code: 'precondition-failed' } });
    const won = ended.find(({ status }) => status === 'fulfilled');
    expect(await present()).toEqual(won?.status === 'fulfilled' ? won.value : undefined);
    // What the other began is no part of the history.
    const { items } = await listPolicyVersions(world.dependencies, auditor, { requestId });
    expect(items).toHaveLength(2);
  });

  it('again, by the same, changes nothing', async () => {
    const { document } = await propose(ownPolicy('a'));
    const published = await approve(document);
    const { version } = await loadOrganization(world.dependencies, organization);
    expect(await approve(document)).toEqual(published);
    expect((await loadOrganization(world.dependencies, organization)).version).toBe(version);
  });

  it('is of what was read: a proposal in its place meanwhile is not approved', async () => {
    const { document } = await propose(ownPolicy('a'));
    await propose(ownPolicy('b'), third);
    await expect(approve(document)).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(await present()).toMatchObject({ version: '1' });
  });

  it('does not count where the proposal is replaced while it is approved', async () => {
    const { document } = await propose(ownPolicy('a'));
    const { ledger } = world.dependencies;
    const replacing = {
      ...world.dependencies,
      ledger: Object.assign(Object.create(ledger), {
        record: async (entry: Parameters<typeof ledger.record>[0]) => {
          if (entry.outcome === 'done') await propose(ownPolicy('b'), third);
          return await ledger.record(entry);
        },
      }),
    };
    await expect(approve(document, second, replacing)).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(await present()).toMatchObject({ version: '1' });
    expect(recordedLast()).toMatchObject({ outcome: 'refused', takesBack: expect.any(String) });
    expect((await loadOrganization(world.dependencies, organization)).proposal?.proposedBy).toBe('third');
  });

  it('that is cut off between the document and the record is done the next time, as the same version', async () => {
    const { document } = await propose(ownPolicy('a'));
    const { registry } = world.dependencies;
    const cutOff = Object.assign(Object.create(registry), {
      replace: () => Promise.reject(new TypeError('the process ended')),
    });
    await expect(approve(document, second, { ...world.dependencies, registry: cutOff })).rejects.toThrow();
    expect(await present()).toMatchObject({ version: '1' });
    expect(await approve(document)).toMatchObject({ version: '2' });
  });

  it('is not done where it cannot be recorded', async () => {
    const { document } = await propose(ownPolicy('a'));
    const ledger = Object.assign(Object.create(world.dependencies.ledger), {
      record: () => Promise.reject(new TypeError('no ledger')),
    });
    await expect(approve(document, second, { ...world.dependencies, ledger })).rejects.toThrow();
    expect(await present()).toMatchObject({ version: '1' });
  });
});

describe('a proposal', () => {
  it('is withdrawn by any administrator, and a later one is not', async () => {
    const first = await propose(ownPolicy('a'));
    const later = await propose(ownPolicy('b'));
    const withdraw = (document: string) =>
      withdrawProposal(world.dependencies, second, { document, requestId });
    await withdraw(first.document);
    expect((await loadOrganization(world.dependencies, organization)).proposal).toEqual(later);
    await withdraw(later.document);
    expect((await loadOrganization(world.dependencies, organization)).proposal).toBeUndefined();
    expect(recordedLast()).toMatchObject({ action: 'withdraw-proposal', outcome: 'done' });
    await expect(approve(later.document)).rejects.toMatchObject({ code: 'precondition-failed' });
  });

  it('of an earlier version goes back, and is approved as any other', async () => {
    await approve((await propose(ownPolicy('a'))).document);
    const back = await propose({ version: '1' });
    expect(await approve(back.document)).toMatchObject({ version: '3', document: back.document });
    await expect(propose({ version: '9' })).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the history', () => {
  it('is told from the present version back, by pages', async () => {
    await approve((await propose(ownPolicy('a'))).document);
    await approve((await propose(ownPolicy('b'))).document, third);
    const list = (cursor?: string) =>
      listPolicyVersions(world.dependencies, auditor, { requestId, limit: 2, ...(cursor && { cursor }) });
    const page = await list();
    expect(page.items.map(({ version, approvedBy }) => [version, approvedBy])).toEqual([
      ['3', 'third'],
      ['2', 'second'],
    ]);
    const last = await list(page.cursor);
    expect(last).toEqual({ items: [expect.objectContaining({ version: '1', proposedBy: 'root' })] });
  });

  it('begins with the name of settings, where an organization had those, and keeps their retention', async () => {
    const { registry } = world.dependencies;
    const { retentionDays: _, ...before } = await loadOrganization(world.dependencies, organization);
    const settings = { ...generalSettings, retentionDays: 77 };
    await registry.replace({ ...before, version: 2, policy: settings }, { version: 1 });
    const shown = await showPolicy(world.dependencies, auditor, { requestId });
    expect(shown.present).toMatchObject({ version: 'general-1', cedar: expect.stringContaining('permit') });
    await approve((await propose(ownPolicy('a'))).document);
    expect(await loadOrganization(world.dependencies, organization)).toMatchObject({ retentionDays: 77 });
    const { items } = await listPolicyVersions(world.dependencies, auditor, { requestId });
    expect(items.map(({ version }) => version)).toEqual(['2', 'general-1']);
  });
});

describe('one question', () => {
  const question = { action: 'Enroll', purpose: 'identity', roles: ['enrollment-workflow'] } as const;
  const ask = (more: { proposed?: boolean; cedar?: string } = {}) =>
    simulatePolicy(world.dependencies, auditor, { question, proposed: false, requestId, ...more });

  it('is answered by the present policy, the proposal, or a text, with the rules and their lines', async () => {
    expect(await ask()).toMatchObject({ allowed: true, version: '1', rules: [{ id: 'enroll-by-workflow' }] });
    await expect(ask({ proposed: true })).rejects.toMatchObject({ code: 'not-found' });
    const { document } = await propose(ownPolicy('a'));
    const rules = [{ id: 'rule-a', line: 1 }];
    expect(await ask({ proposed: true })).toMatchObject({ allowed: true, document, rules });
    expect(await ask({ cedar: ownPolicy('b').cedar })).toMatchObject({ rules: [{ id: 'rule-b', line: 1 }] });
    await expect(ask({ cedar: 'permit' })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('is answered with the floors held', async () => {
    const cedar = ownPolicy('a').cedar.replace('"Enroll"', '"Escrow"');
    const about = { action: 'Escrow', purpose: 'identity' } as const;
    const asked = { question: about, proposed: false, requestId, cedar };
    expect(await simulatePolicy(world.dependencies, auditor, asked)).toMatchObject({
      allowed: false,
      byFloor: true,
      rules: [{ id: 'floor-identity-never-escrowed' }],
    });
  });
});

describe("another organization's policy", () => {
  it('is never told, whatever is asked', async () => {
    await propose(ownPolicy('a'));
    const stranger: Principal = { organization: 'globex', subject: 'root', roles: ['administrator'] };
    const { dependencies } = world;
    for (const asked of [
      showPolicy(dependencies, stranger, { requestId }),
      listPolicyVersions(dependencies, stranger, { requestId }),
      proposePolicy(dependencies, stranger, { policy: { version: '1' }, requestId }),
      approvePolicy(dependencies, stranger, { document: '0'.repeat(64), requestId }),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'not-set-up' });
    }
  });
});
