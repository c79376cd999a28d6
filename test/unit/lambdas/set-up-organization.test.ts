import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRecoveryKey, recoveryKeyThumbprint } from '#crypto/sealing.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { Principal } from '#domain/principal.ts';
import {
  type OrganizationSetUp,
  setUpOrganization,
} from '#lambdas/set-up-organization/set-up-organization.ts';
import { generalPolicy as general } from '#test/support/general-policy.ts';
import { expectRefused } from '#test/support/refused.ts';
import { makeWorld, type World } from '#test/support/world.ts';

const administrator: Principal = { organization: 'beta', subject: 'root', roles: ['administrator'] };
let world: World;
let setUp: OrganizationSetUp;

beforeEach(async () => {
  world = await makeWorld();
  const { publicKey } = await makeRecoveryKey();
  setUp = { name: 'Beta', contact: 'helpdesk@beta.example', recoveryKey: publicKey, policy: general };
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
      policy: general,
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
    ['invalid-input', 'policy.retentionDays', { policy: { ...general, retentionDays: 0 } }],
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
