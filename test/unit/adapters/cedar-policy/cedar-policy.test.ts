import { beforeEach, describe, expect, it } from 'vitest';
import { CedarPolicy } from '#adapters/cedar-policy/cedar-policy.ts';
import { policyBytes, policyName } from '#crypto/stored-policy.ts';
import { StoreError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { PolicyQuestion } from '#domain/policy.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import type { DocumentName } from '#ports/document-store.ts';
import type { PolicyFailure } from '#ports/policy.ts';
import { organizationRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryDocumentStore } from '#test/doubles/memory-document-store.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { generalSettings, policyWith } from '#test/support/policies.ts';

/** Counts what is read of it, and fails where it is told to. */
class CountingStore extends MemoryDocumentStore {
  readonly read: string[] = [];
  failing = false;

  override async get(name: DocumentName): Promise<Uint8Array> {
    this.read.push(`${name.organization} ${name.id}`);
    if (this.failing) throw new StoreError('store-unavailable');
    return await super.get(name);
  }
}

let registry: MemoryRegistry;
let documents: CountingStore;
let policy: CedarPolicy;

beforeEach(() => {
  registry = new MemoryRegistry(new ManualClock());
  documents = new CountingStore();
  policy = new CedarPolicy(registry, documents);
});

const held = policyWith({ heldAllowed: true });
const general = policyWith({});

/** An organization that decides by a document, whatever stands under its name. */
async function organization(
  name: string,
  document: PolicyDocument,
  stored: Uint8Array | undefined = policyBytes(document),
): Promise<Organization> {
  const id = policyName(document);
  const record = organizationRecord(name);
  const published = {
    version: '3',
    document: id,
    publishedAt: '2026-01-05T08:00:00.000Z',
    proposedBy: 'root',
  };
  const owner = { ...record, contact: `help@${name}.example`, policy: published };
  if (stored !== undefined) await documents.put({ kind: 'policy', organization: name, id }, stored);
  await registry.create(owner);
  return owner;
}

/** May a key of the organization be kept without a subscriber's lock? */
function asked(of: string, change: Partial<PolicyQuestion> = {}): PolicyQuestion {
  return {
    action: 'LockByNothing',
    principal: { organization: of, subject: 'workflow', roles: ['enrollment-workflow'] },
    resource: { purpose: 'encryption', assurance: 'medium', keySpec: 'RSA_2048', custody: 'software' },
    ...change,
  };
}

const failed = {
  allowed: false,
  rules: ['policy-evaluation-error'],
  reason: 'The policy failed on this question, and what fails is refused.',
};

describe('the policy of an organization', () => {
  it('answers with its rules, version and contact', async () => {
    await organization('acme', held);
    expect(await policy.decide(asked('acme'))).toEqual({
      allowed: true,
      rules: ['held-allowed'],
      reason: 'The organization holds encryption keys without a subscriber lock.',
      contact: 'help@acme.example',
      version: '3',
    });
  });

  it('names whom its rule names, in place of the organization’s contact', async () => {
    const cedar =
      '@id("no")\n@reason("Not here.")\n@contact("desk@acme.example")\nforbid (principal, action, resource);';
    await organization('acme', { cedar, tests: [] });
    expect(await policy.decide(asked('acme'))).toMatchObject({ rules: ['no'], contact: 'desk@acme.example' });
  });

  it('is its own: another’s rules, reasons and contacts never show', async () => {
    await organization('acme', held);
    const cedar = held.cedar
      .replaceAll(/@id\("([a-z-]+)"\)/g, '@id("globex-$1")')
      .replace('lock."', 'lock, at Globex."');
    await organization('globex', { cedar, tests: [] });
    for (const of of ['acme', 'globex', 'acme']) {
      const told = JSON.stringify(await policy.decide(asked(of)));
      expect(told.toLowerCase().includes('globex')).toBe(of === 'globex');
    }
  });

  it('is read and compiled once, and again once another is published', async () => {
    const owner = await organization('acme', general);
    for (let times = 0; times < 3; times += 1) {
      expect(await policy.decide(asked('acme'))).toMatchObject({ allowed: false, version: '3' });
    }
    expect(documents.read).toHaveLength(1);
    const document = policyName(held);
    await documents.put({ kind: 'policy', organization: 'acme', id: document }, policyBytes(held));
    const next = { ...owner, version: 2, policy: { ...owner.policy, version: '4', document } };
    await registry.replace(next, { version: 1 });
    expect(await policy.decide(asked('acme'))).toMatchObject({ allowed: true, version: '4' });
    expect(documents.read).toHaveLength(2);
  });

  it('answers several questions by one version, in their order', async () => {
    await organization('acme', held);
    const questions = [
      asked('acme'),
      asked('acme', { action: 'Enroll' }),
      asked('acme', { action: 'Export' }),
    ];
    const decisions = await policy.decideAll('acme', questions);
    expect(decisions.map(({ allowed, version }) => [allowed, version])).toEqual([
      [true, '3'],
      [true, '3'],
      [false, '3'],
    ]);
    expect(await policy.decideAll('acme', [])).toEqual([]);
  });

  it('is compiled again after so many others, and no sooner', async () => {
    const many = Array.from({ length: 66 }, (_unused, index) => {
      const cedar = `@id("rule-${index}")\n@reason("One of many.")\npermit (principal, action, resource);`;
      return { cedar, tests: [] };
    });
    for (const [index, document] of many.entries()) {
      await organization(`org-${index}`, document);
      expect((await policy.decide(asked(`org-${index}`))).rules).toEqual([`rule-${index}`]);
    }
    const before = documents.read.length;
    expect((await policy.decide(asked('org-65'))).rules).toEqual(['rule-65']);
    expect(documents.read).toHaveLength(before);
    expect((await policy.decide(asked('org-0'))).rules).toEqual(['rule-0']);
    expect(documents.read).toHaveLength(before + 1);
  });
});

describe('that a policy failed', () => {
  const failing = {
    cedar: `@id("sum")
@reason("Sums are small.")
forbid (principal, action == Escrow::Action::"SetPassword", resource) when { context.length + 9223372036854775807 > 0 };
@id("all")
@reason("All may.")
permit (principal, action, resource);`,
    tests: [],
  };
  const told: PolicyFailure[] = [];
  const setPassword = (length: number) =>
    asked('acme', { action: 'SetPassword', context: { length }, resource: { ...asked('acme').resource } });
  beforeEach(() => {
    told.length = 0;
    policy = new CedarPolicy(registry, documents, (failure) => void told.push(failure));
  });

  it('is told: which, in which version, by which rule, and nothing of who asked', async () => {
    await organization('acme', failing);
    const decision = await policy.decide(setPassword(12));
    expect(decision).toEqual({ ...failed, contact: 'help@acme.example', version: '3' });
    expect(told).toEqual([{ organization: 'acme', version: '3', rules: ['sum'] }]);
  });

  it('is told once of many questions at once, and not at all where it does not', async () => {
    await organization('acme', failing);
    await policy.decideAll('acme', [1, 2, 3].map(setPassword));
    expect(told).toHaveLength(1);
    expect(await policy.decide(asked('acme'))).toMatchObject({ allowed: true });
    await policy.decideAll('acme', []);
    expect(told).toHaveLength(1);
  });

  it('is told of one that cannot be used at all, naming no rule', async () => {
    await organization('acme', { cedar: 'permit (principal', tests: [] });
    await policy.decide(asked('acme'));
    expect(told).toEqual([{ organization: 'acme', version: '3', rules: [] }]);
  });
});

describe('a policy that cannot be used never permits', () => {
  it.each([
    ['does not parse', 'permit (principal, action, resource)'],
    ['has rules without names', 'permit (principal, action, resource);'],
    [
      'nests too deeply',
      `@id("a")\n@reason("A.")\npermit (principal, action, resource) when { ${'('.repeat(40)}true${')'.repeat(40)} };`,
    ],
    ['has no rule', ''],
  ])('that %s', async (what, cedar) => {
    await organization('acme', { cedar, tests: [] });
    const decision = await policy.decide(asked('acme'));
    expect(decision.allowed).toBe(false);
    if (what !== 'has no rule') expect(decision).toMatchObject({ ...failed, version: '3' });
  });

  it('that fails on the question', async () => {
    const cedar =
      '@id("all")\n@reason("All.")\npermit (principal, action, resource);\n@id("never")\n@reason("Never.")\nforbid (principal, action, resource) when { 9223372036854775807 + resource.keyBits > 0 };';
    await organization('acme', { cedar, tests: [] });
    expect(await policy.decide(asked('acme'))).toMatchObject(failed);
  });

  it('whose text is not the one that was published', async () => {
    await organization('acme', general, policyBytes(held));
    await expect(policy.decide(asked('acme'))).rejects.toMatchObject({ code: 'object-damaged' });
  });

  it('whose text is gone', async () => {
    const id = policyName(general);
    await organization('acme', general);
    await documents.discard({ kind: 'policy', organization: 'acme', id });
    await expect(policy.decide(asked('acme'))).rejects.toMatchObject({ code: 'object-missing' });
  });

  it('whose text cannot be read now, and is read the next time', async () => {
    await organization('acme', held);
    documents.failing = true;
    await expect(policy.decide(asked('acme'))).rejects.toMatchObject({ code: 'store-unavailable' });
    documents.failing = false;
    expect((await policy.decide(asked('acme'))).allowed).toBe(true);
  });

  it('of an organization that is not set up', async () => {
    await expect(policy.decide(asked('nobody'))).rejects.toMatchObject({ code: 'not-set-up' });
    await expect(policy.decideAll('nobody', [])).rejects.toMatchObject({ code: 'not-set-up' });
  });
});

describe('an organization with settings of before', () => {
  it('decides as it did, under the version that it had', async () => {
    const settings = { ...generalSettings, heldAllowed: true };
    await registry.create({ ...organizationRecord('acme'), policy: settings });
    const decision = await policy.decide(asked('acme'));
    expect(decision).toMatchObject({ allowed: true, rules: ['held-allowed'], version: 'general-1' });
    const strict = asked('acme', { resource: { ...asked('acme').resource, purpose: 'identity' } });
    expect(await policy.decide(strict)).toMatchObject({ allowed: false, rules: ['held-not-allowed'] });
    expect(documents.read).toEqual([]);
  });
});
