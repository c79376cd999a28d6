import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Organization, retentionDaysOf } from '#domain/organization.ts';
import { type Principal, type Role, roles } from '#domain/principal.ts';
import { changeSettings } from '#lambdas/change-settings/change-settings.ts';
import { showOrganization } from '#lambdas/show-organization/show-organization.ts';
import { loadOrganization } from '#steps/load.ts';
import { withFault } from '#test/support/faults.ts';
import { generalSettings, policyWith } from '#test/support/policies.ts';
import { expectFailedAfterRecord, expectRefused } from '#test/support/refused.ts';
import {
  administrator,
  eventsBorn,
  makeWorld,
  organization,
  ready,
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
    const settings = { name: 'Acme Ltd', contact: 'desk@acme.example', retentionDays: 30 };
    const after = await change(settings);
    expect(after).toMatchObject(settings);
    expect(after.events[0]?.data).toEqual({ fields: ['name', 'contact', 'retentionDays'] });
  });

  it.each([{}, { name: 'Acme' }, { retentionDays: 1095 }])(
    'to what they are changes nothing: %j',
    async (settings) => {
      const before = await stored();
      expect(await change(settings)).toEqual(before);
      expect(await stored()).toEqual(before);
      expect(await eventsBorn(world)).toEqual([]);
    },
  );

  it('locks backups for as long as is said from then on, and those before as was said', async () => {
    const retained = async (idempotencyKey: string) => {
      const now = world.dependencies.clock.now().getTime();
      const { backups } = await ready(world, { idempotencyKey });
      const [backup] = backups;
      const until = backup?.state === 'active' ? Date.parse(backup.retainUntil) : 0;
      return Math.round((until - now) / 86_400_000);
    };
    expect(await retained('before')).toBe(1095);
    await change({ retentionDays: 30 });
    expect(await retained('after')).toBe(30);
  });

  it('of an organization with settings of before counts its own retention first', async () => {
    const current = { ...(await stored()), version: 2, policy: { ...generalSettings, retentionDays: 7 } };
    const { retentionDays: _, ...before } = current;
    await world.dependencies.registry.replace(before, { version: 1 });
    expect(retentionDaysOf(await stored())).toBe(7);
    expect(await change({ retentionDays: 7 }, 2)).toEqual(await stored());
    expect(await change({ retentionDays: 30 }, 2)).toMatchObject({
      retentionDays: 30,
      policy: current.policy,
    });
  });

  it.each([
    ['settings', { ...generalSettings }],
    ['a policy', policyWith({ heldAllowed: true })],
    ['nothing', null],
  ])('is no way to change the policy, by %s: that takes a second administrator', async (_what, policy) => {
    const error = await expectRefused(world, 'invalid-input', () => change({ policy }), {
      about: ['policy'],
    });
    expect(error.next).toContain('approved by another');
    expect((await stored()).version).toBe(1);
  });

  it.each([
    ['(whole)', null],
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(65) }],
    ['contact', { contact: 7 }],
    ['retentionDays', { retentionDays: 0 }],
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
    await expectFailedAfterRecord(world, 'store-unavailable', act, false);
  });
});
