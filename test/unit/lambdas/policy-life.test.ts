import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PolicyVersion, policyVersionBytes, readPolicyVersion } from '#crypto/stored-policy.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import type { Principal } from '#domain/principal.ts';
import { approvePolicy } from '#lambdas/approve-policy/approve-policy.ts';
import { listPolicyVersions } from '#lambdas/list-policy-versions/list-policy-versions.ts';
import { proposePolicy } from '#lambdas/propose-policy/propose-policy.ts';
import { showPolicy } from '#lambdas/show-policy/show-policy.ts';
import { simulatePolicy } from '#lambdas/simulate-policy/simulate-policy.ts';
import { withdrawProposal } from '#lambdas/withdraw-proposal/withdraw-proposal.ts';
import { loadOrganization } from '#steps/load.ts';
import { through } from '#test/support/failing-ports.ts';
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

  const cutOff = () => {
    const replace = () => Promise.reject(new TypeError('the process ended'));
    const registry = Object.assign(Object.create(world.dependencies.registry), { replace });
    return { ...world.dependencies, registry };
  };

  it('that is cut off between the document and the record is done the next time, as the same version', async () => {
    const { document } = await propose(ownPolicy('a'));
    await expect(approve(document, second, cutOff())).rejects.toThrow();
    expect(await present()).toMatchObject({ version: '1' });
    world.dependencies.clock.advance(60_000);
    const publishedAt = world.dependencies.clock.now().toISOString();
    expect(await approve(document)).toMatchObject({ version: '2', publishedAt });
  });

  it('takes no longer, and no other number, however many before it were cut off', async () => {
    const calls = async () => {
      let puts = 0;
      const documents = through(world.dependencies.documents, 'documents', async (name, work) => {
        if (name === 'documents.put') puts += 1;
        return await work();
      });
      return { dependencies: { ...world.dependencies, documents }, puts: () => puts };
    };
    for (const letter of ['a', 'b', 'c', 'd']) {
      const { document } = await propose(ownPolicy(letter));
      await expect(approve(document, second, cutOff())).rejects.toThrow();
      world.dependencies.clock.advance(1_000);
    }
    const { document } = await propose(ownPolicy('e'));
    const { dependencies, puts } = await calls();
    expect(await approve(document, second, dependencies)).toMatchObject({ version: '2', document });
    expect(puts()).toBe(1);
    const { items } = await listPolicyVersions(world.dependencies, auditor, { requestId });
    expect(items.map(({ version, document: name }) => [version, name])).toEqual([
      ['2', document],
      ['1', expect.any(String)],
    ]);
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

  it('tells of versions from when they were stored by their numbers', async () => {
    const { organization: name, ...record } = await loadOrganization(world.dependencies, organization);
    const { documents, registry } = world.dependencies;
    const before = { version: '4', document: 'a'.repeat(64), publishedAt: 'then', proposedBy: 'root' };
    const present = { ...before, version: '5', approvedBy: 'second' };
    const put = (version: PolicyVersion) =>
      documents.put(
        { kind: 'policy-version', organization, id: version.version },
        policyVersionBytes(version),
      );
    await put(before);
    await put({ ...present, before: '4' });
    const old = { ...record, organization: name, version: record.version + 1, policy: present };
    await registry.replace(old, { version: record.version });
    await approve((await propose(ownPolicy('a'))).document);
    const { items } = await listPolicyVersions(world.dependencies, auditor, { requestId });
    expect(items.map(({ version, proposedBy, approvedBy }) => [version, proposedBy, approvedBy])).toEqual([
      ['6', 'root', 'second'],
      ['5', 'root', 'second'],
      ['4', 'root', undefined],
    ]);
  });
});

describe('settings of an organization from before', () => {
  const settings = { ...generalSettings, retentionDays: 77 };
  beforeEach(async () => {
    const { retentionDays: _, ...before } = await loadOrganization(world.dependencies, organization);
    await world.dependencies.registry.replace(
      { ...before, version: before.version + 1, policy: settings },
      { version: before.version },
    );
  });
  const versions = async () =>
    (await listPolicyVersions(world.dependencies, auditor, { requestId })).items.map(
      ({ version }) => version,
    );

  it('are shown as Cedar, and their retention stays when a policy takes their place', async () => {
    const shown = await showPolicy(world.dependencies, auditor, { requestId });
    expect(shown.present).toMatchObject({ version: 'general-1', cedar: expect.stringContaining('permit') });
    await approve((await propose(ownPolicy('a'))).document);
    expect(await loadOrganization(world.dependencies, organization)).toMatchObject({ retentionDays: 77 });
    expect(await versions()).toEqual(['1', 'general-1']);
  });

  it('are kept when a policy takes their place, and are gone back to as any version', async () => {
    const { document } = (await showPolicy(world.dependencies, auditor, { requestId })).present;
    await approve((await propose(ownPolicy('a'))).document);
    const back = await propose({ version: 'general-1' });
    expect(back.document).toBe(document);
    expect(await approve(back.document)).toMatchObject({ version: '2', document });
    expect(await versions()).toEqual(['2', '1', 'general-1']);
  });

  it('are kept before anything is published, so that no crash loses them', async () => {
    const { document } = await propose(ownPolicy('a'));
    const stored: string[] = [];
    const documents = through(world.dependencies.documents, 'documents', async (name, work) => {
      const result = await work();
      if (name === 'documents.put') stored.push((await present()).version);
      return result;
    });
    await approve(document, second, { ...world.dependencies, documents });
    // The settings as a policy, as a version, and the version that takes their place.
    expect(stored).toEqual(['general-1', 'general-1', 'general-1']);
  });

  it('that nobody kept are a name in the history, and cannot be gone back to', async () => {
    await approve((await propose(ownPolicy('a'))).document);
    const documents = through(world.dependencies.documents, 'documents', async (_name, work) => {
      const bytes = await work();
      const isVersion = bytes instanceof Uint8Array && new TextDecoder().decode(bytes).includes('general-1');
      if (!isVersion) return bytes;
      const { beforeId: _, ...version } = readPolicyVersion(bytes);
      return policyVersionBytes(version);
    });
    const dependencies = { ...world.dependencies, documents };
    const { items } = await listPolicyVersions(dependencies, auditor, { requestId });
    expect(items.at(-1)).toEqual({ version: 'general-1' });
    const asked = proposePolicy(dependencies, administrator, { policy: { version: 'general-1' }, requestId });
    await expect(asked).rejects.toMatchObject({ code: 'not-found' });
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
