import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Organization } from '#domain/organization.ts';
import { type Principal, type Role, roles } from '#domain/principal.ts';
import { changeSettings } from '#lambdas/change-settings/change-settings.ts';
import { showOrganization } from '#lambdas/show-organization/show-organization.ts';
import { loadOrganization } from '#steps/load.ts';
import { withFault } from '#test/support/faults.ts';
import { generalPolicy } from '#test/support/general-policy.ts';
import { expectRefused } from '#test/support/refused.ts';
import {
  administrator,
  eventsBorn,
  makeWorld,
  organization,
  ready,
  request,
  type World,
} from '#test/support/world.ts';

let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const as = (role: Role, of = organization): Principal => ({
  organization: of,
  subject: 'root',
  roles: [role],
});
const stored = () => loadOrganization(world.dependencies, organization);

function change(settings: unknown, expectedVersion = 1, principal = administrator): Promise<Organization> {
  return changeSettings(world.dependencies, principal, { settings, expectedVersion, requestId: 'change-1' });
}

function show(principal: Principal) {
  return showOrganization(world.dependencies, principal, { requestId: 'show-1' });
}

describe('an organization', () => {
  const following: Role[] = ['enrollment-workflow', 'recovery-official', 'auditor', 'administrator'];

  it.each(following)('is shown to its %s, without a record', async (role) => {
    const records = world.dependencies.ledger.entries.length;
    expect(await show(as(role))).toEqual(await stored());
    expect(world.dependencies.ledger.entries).toHaveLength(records);
  });

  it.each(roles.filter((role) => !following.includes(role)))('is not shown to a %s', async (role) => {
    await expectRefused(world, 'not-permitted', () => show(as(role)), { action: 'show-organization' });
  });

  it('that is not set up is told as such, to its own alone', async () => {
    await expectRefused(world, 'not-set-up', () => show(as('administrator', 'other')), {
      organization: 'other',
    });
  });
});

describe('changing the settings', () => {
  it('changes what is named and nothing else, and tells which fields', async () => {
    const before = await stored();
    const after = await change({ contact: ' desk@acme.example ' });
    expect(after).toEqual(await stored());
    expect(after).toEqual({
      ...before,
      version: 2,
      contact: 'desk@acme.example',
      events: [{ name: 'OrganizationSettingsChanged', data: { fields: ['contact'] } }],
    });
    const [event] = await eventsBorn(world);
    expect(event).toMatchObject({ source: '/organizations/acme', data: { fields: ['contact'] } });
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'change-settings',
      organization,
      principal: 'root',
      requestId: 'change-1',
      outcome: 'done',
    });
  });

  it('changes all three at once', async () => {
    const policy = { ...generalPolicy, version: 'strict-2', retentionDays: 30 };
    const after = await change({ name: 'Acme Ltd', contact: 'desk@acme.example', policy });
    expect(after).toMatchObject({ name: 'Acme Ltd', contact: 'desk@acme.example', policy });
    expect(after.events[0]?.data).toEqual({ fields: ['name', 'contact', 'policy'] });
  });

  it.each([{}, { name: 'Acme' }, { policy: generalPolicy }])(
    'to what they are changes nothing: %j',
    async (settings) => {
      const before = await stored();
      expect(await change(settings)).toEqual(before);
      expect(await stored()).toEqual(before);
      expect(await eventsBorn(world)).toEqual([]);
    },
  );

  it('concerns what is decided from then on, and nothing that was decided before', async () => {
    const before = await ready(world, { idempotencyKey: 'before', purpose: 'identity' });
    const forbidden = { medium: false, 'medium-token': false, 'medium-hardware': false };
    const exportable = { ...generalPolicy.exportable, identity: forbidden };
    await change({ policy: { ...generalPolicy, version: 'strict-2', exportable } });
    const after = await request(world, { idempotencyKey: 'after', purpose: 'identity' });
    expect(after).toMatchObject({ exportable: false, policy: { version: 'strict-2' } });
    const stands = await world.dependencies.registry.read('enrollment', organization, before.id);
    expect(stands).toMatchObject({ exportable: true, policy: { version: 'general-1' } });
  });

  it.each([
    ['an identity key escrowed', 'policy.escrow.identity', { escrow: { identity: true, encryption: true } }],
    [
      'passwords of seven',
      'policy.passwordRules.minimumLength',
      { passwordRules: { minimumLength: 7, maximumLength: 64 } },
    ],
    ['no retention', 'policy.retentionDays', { retentionDays: 0 }],
    ['an unknown choice', 'policy.lenient', { lenient: true }],
  ])('never crosses a floor: %s', async (_what, field, choice) => {
    const policy = { ...generalPolicy, version: 'loose-2', ...choice };
    await expectRefused(world, 'invalid-input', () => change({ policy }), { about: [field] });
    expect((await stored()).version).toBe(1);
  });

  it('asks another policy for a version of its own: receipts name it', async () => {
    const policy = { ...generalPolicy, retentionDays: 30 };
    await expectRefused(world, 'invalid-input', () => change({ policy }), { about: ['policy.version'] });
    expect((await stored()).version).toBe(1);
  });

  it.each([
    ['(whole)', null],
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(65) }],
    ['contact', { contact: 7 }],
    ['custody', { custody: 'kms' }],
    ['recoveryKey', { recoveryKey: {} }],
    ['version', { version: 9 }],
  ])('refuses what is no setting, at %s', async (field, settings) => {
    await expectRefused(world, 'invalid-input', () => change(settings), { about: [field] });
    expect((await stored()).version).toBe(1);
  });

  it.each([0, 2, Number.NaN])(
    'from version %d, which is not the present one, is refused',
    async (version) => {
      await expectRefused(world, 'precondition-failed', () => change({ name: 'Acme Ltd' }, version));
      expect((await stored()).name).toBe('Acme');
    },
  );

  it('by several at once lets one win, and tells the others to read again', async () => {
    const results = await Promise.allSettled(['One', 'Two', 'Three'].map((name) => change({ name })));
    const outcomes = results.map((result) => (result.status === 'fulfilled' ? 'done' : result.reason.code));
    expect(outcomes.toSorted()).toEqual(['done', 'precondition-failed', 'precondition-failed']);
    expect(await stored()).toMatchObject({
      version: 2,
      name: ['One', 'Two', 'Three'][outcomes.indexOf('done')],
    });
  });

  it.each(roles.filter((role) => role !== 'administrator'))('is not permitted to a %s', async (role) => {
    await expectRefused(world, 'not-permitted', () => change({ name: 'Mine' }, 1, as(role)), {
      action: 'change-settings',
      principal: 'root',
    });
    expect((await stored()).name).toBe('Acme');
  });

  it('of an organization that is not set up is refused', async () => {
    await expectRefused(world, 'not-set-up', () => change({ name: 'Mine' }, 1, as('administrator', 'other')));
  });

  it('that fails is recorded as failed', async () => {
    const { dependencies } = withFault(world.dependencies, 'before', 'registry.replace');
    const act = () =>
      changeSettings(dependencies, administrator, {
        settings: { name: 'Acme Ltd' },
        expectedVersion: 1,
        requestId: 'change-1',
      });
    await expectRefused(world, 'store-unavailable', act, { outcome: 'failed' });
  });
});
