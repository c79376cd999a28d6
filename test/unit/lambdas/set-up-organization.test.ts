import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRecoveryKey, recoveryKeyThumbprint } from '#crypto/sealing.ts';
import { policyName, policyVersionId, readPolicyVersion } from '#crypto/stored-policy.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { isSettings } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import {
  type OrganizationSetUp,
  setUpOrganization,
} from '#lambdas/set-up-organization/set-up-organization.ts';
import { generalPolicy } from '#policy/general-policy.ts';
import { loadOrganization } from '#steps/load.ts';
import { policyInForce } from '#steps/policy-versions.ts';
import { through } from '#test/support/failing-ports.ts';
import { withFault } from '#test/support/faults.ts';
import { policyWith } from '#test/support/policies.ts';
import { expectRefused } from '#test/support/refused.ts';
import { makeWorld, type World } from '#test/support/world.ts';

const administrator: Principal = { organization: 'beta', subject: 'root', roles: ['administrator'] };
let world: World;
let setUp: OrganizationSetUp;

beforeEach(async () => {
  world = await makeWorld();
  const { publicKey } = await makeRecoveryKey();
  setUp = { name: 'Beta', contact: 'helpdesk@beta.example', recoveryKey: publicKey };
});
afterEach(() => world.close());

function act(change: Partial<OrganizationSetUp> = {}, principal = administrator) {
  return setUpOrganization(world.dependencies, principal, { ...setUp, ...change });
}

function stands() {
  return world.dependencies.registry.read('organization', 'beta', 'organization');
}

describe('setting up an organization', () => {
  it('keeps what was chosen, and the recovery key by its thumbprint; it is recorded', async () => {
    const { publicKey } = await makeRecoveryKey();
    const made = await act({ recoveryKey: publicKey });
    expect(made).toEqual(await stands());
    expect(made).toMatchObject({
      type: 'organization',
      organization: 'beta',
      version: 1,
      name: 'Beta',
      contact: 'helpdesk@beta.example',
      custody: 'software',
      policy: {
        version: '1',
        document: policyName(await generalPolicy()),
        publishedAt: world.dependencies.clock.now().toISOString(),
        proposedBy: 'root',
      },
      retentionDays: 1095,
    });
    expect(made.recoveryKey.kid).toBe(await recoveryKeyThumbprint(publicKey));
    expect(Object.keys(made.recoveryKey).sort()).toEqual(['crv', 'kid', 'kty', 'x', 'y']);
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'set-up-organization',
      organization: 'beta',
      principal: 'root',
      outcome: 'done',
    });
  });

  it('again with the same recovery key is success, and changes nothing', async () => {
    const made = await act();
    expect(await act({ name: 'Gamma' })).toEqual(made);
    expect(await stands()).toEqual(made);
  });

  it('again with another recovery key is refused', async () => {
    const made = await act();
    const { publicKey } = await makeRecoveryKey();
    const error = await expectRefused(world, 'already-exists', () => act({ recoveryKey: publicKey }));
    expect(error.message).toContain('another recovery key');
    expect(await stands()).toEqual(made);
  });

  it('again over another custody is refused: nothing that was locked there would open', async () => {
    const made = await act();
    expect(made.receiptKeyId).toBe((await world.dependencies.keys.receiptKey()).kid);
    const other = await makeWorld();
    const { keys } = other.dependencies;
    await expectRefused(world, 'key-not-found', () =>
      setUpOrganization({ ...world.dependencies, keys }, administrator, setUp),
    );
    await other.close();
    expect(await stands()).toEqual(made);
  });

  it.each(['enrollment-workflow', 'subscriber', 'recovery-official', 'auditor', 'service'] as const)(
    'is not permitted to a %s',
    async (role) => {
      await expectRefused(world, 'not-permitted', () => act({}, { ...administrator, roles: [role] }));
      expect(await stands()).toBeUndefined();
    },
  );

  it.each(['', 'a/b', '..', 'x'.repeat(65), 'ac me'])(
    'by the name %j is refused: vault names, event sources and folders hold it',
    async (organization) => {
      const principal = { ...administrator, organization };
      await expectRefused(world, 'invalid-input', () => act({}, principal), { about: ['organization'] });
      expect(
        await world.dependencies.registry.read('organization', organization, 'organization'),
      ).toBeUndefined();
    },
  );

  it.each([
    ['invalid-input', 'name', { name: '' }],
    ['invalid-input', 'name', { name: 'x'.repeat(65) }],
    ['invalid-input', 'contact', { contact: 'a\u0000b' }],
    ['invalid-input', 'retentionDays', { retentionDays: 0 }],
    ['invalid-input', 'policy', { policy: 'general' }],
    ['invalid-input', 'policy.cedar', { policy: { tests: [] } }],
    ['invalid-input', 'policy.exportable', { policy: { cedar: '', tests: [], exportable: {} } }],
    ['recipient-key-invalid', 'recoveryKey', { recoveryKey: undefined }],
    ['recipient-key-invalid', 'recoveryKey', { recoveryKey: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }],
  ] as [ErrorCode, string, Partial<OrganizationSetUp>][])(
    'is refused with %s at %s, and recorded',
    async (code, field, change) => {
      await expectRefused(world, code, () => act(change), { about: [field], organization: 'beta' });
      expect(await stands()).toBeUndefined();
    },
  );

  it('never takes the private half of a recovery key', async () => {
    const { privateKey } = await makeRecoveryKey();
    const error = await expectRefused(world, 'recipient-key-invalid', () => act({ recoveryKey: privateKey }));
    expect(error.message).toContain('private key');
    expect(JSON.stringify([error.message, error.next, world.dependencies.ledger.entries])).not.toContain(
      privateKey.d ?? 'no private half',
    );
    expect(await stands()).toBeUndefined();
  });
});

describe('the first policy of an organization', () => {
  it('is the one that it brings, stored with its tests under its SHA-256', async () => {
    const policy = policyWith({ heldAllowed: true });
    const made = await act({ policy, retentionDays: 30 });
    expect(made).toMatchObject({
      policy: { version: '1', document: policyName(policy), proposedBy: 'root' },
      retentionDays: 30,
    });
    expect(await policyInForce(world.dependencies, made)).toEqual(policy);
  });

  it('stands in its history, with whose decision it was', async () => {
    const { policy } = await act();
    const id = isSettings(policy) ? '' : policyVersionId(policy);
    const name = { kind: 'policy-version', organization: 'beta', id } as const;
    expect(readPolicyVersion(await world.dependencies.documents.get(name))).toEqual(policy);
  });

  it('decides from the first question on', async () => {
    await act({ policy: policyWith({ heldAllowed: true }) });
    const question = {
      action: 'LockByNothing',
      principal: administrator,
      resource: { purpose: 'encryption', assurance: 'medium', keySpec: 'RSA_2048', custody: 'software' },
    } as const;
    const { policy } = world.dependencies;
    expect(await policy.decide(question)).toMatchObject({
      allowed: true,
      rules: ['held-allowed'],
      version: '1',
    });
    const elsewhere = { ...question, principal: { ...administrator, organization: 'acme' } };
    expect(await policy.decide(elsewhere)).toMatchObject({ allowed: false, rules: ['held-not-allowed'] });
  });

  it('is refused with all that is wrong with it, by file, line and column', async () => {
    const cedar = [
      '@id("one")',
      '@reason("For all.")',
      'permit (principal, action == Escrow::Action::"Expert", resource);',
    ].join('\n');
    const stored: string[] = [];
    const documents = through(world.dependencies.documents, 'documents', async (name, work) => {
      stored.push(name);
      return await work();
    });
    const asked = () =>
      setUpOrganization({ ...world.dependencies, documents }, administrator, {
        ...setUp,
        policy: { cedar, tests: [] },
      });
    const error = await expectRefused(world, 'invalid-input', asked, {
      about: ['policy.cedar:3:30'],
      organization: 'beta',
    });
    expect(error.message).toContain('Escrow::Action::"Expert"');
    expect(await stands()).toBeUndefined();
    expect(stored).toEqual([]);
  });

  it('is refused where it permits what no policy may, or fails its own tests', async () => {
    const cedar = '@id("all")\n@reason("For all.")\npermit (principal, action, resource);';
    const tests = [{ action: 'Enroll', purpose: 'identity', expect: 'refused' }];
    const error = await expectRefused(world, 'invalid-input', () => act({ policy: { cedar, tests } }), {
      organization: 'beta',
    });
    const fields = error.details.issues?.map(({ field }) => field);
    expect(fields).toContain('policy.cedar:1:1');
    expect(fields).toContain('tests.json');
  });

  it("that was begun and never stood is in nobody's way", async () => {
    const { dependencies } = withFault(world.dependencies, 'before', 'registry.create');
    await expect(setUpOrganization(dependencies, administrator, setUp)).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    world.dependencies.clock.advance(60_000);
    const publishedAt = world.dependencies.clock.now().toISOString();
    const policy = policyWith({ heldAllowed: true });
    expect((await act({ policy })).policy).toMatchObject({
      ...{ version: '1', publishedAt, document: policyName(policy) },
    });
    expect(
      await policyInForce(world.dependencies, await loadOrganization(world.dependencies, 'beta')),
    ).toEqual(policy);
  });
});
