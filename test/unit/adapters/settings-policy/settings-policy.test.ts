import { describe, expect, it } from 'vitest';
import { settingsPolicy } from '#adapters/settings-policy/settings-policy.ts';
import type { Organization, PolicySettings } from '#domain/organization.ts';
import type { PolicyAction, PolicyContext, PolicyResource } from '#domain/policy.ts';
import type { Role } from '#domain/principal.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { generalPolicy as general } from '#test/support/general-policy.ts';

const lax: PolicySettings = {
  ...general,
  version: 'lax-1',
  exportable: {
    identity: { medium: true, 'medium-token': true, 'medium-hardware': true },
    encryption: { medium: false, 'medium-token': true, 'medium-hardware': true },
  },
  escrow: { identity: false, encryption: false },
  profiles: ['modern', 'compatible'],
  heldAllowed: true,
};

async function policyOf(...settings: [string, PolicySettings][]) {
  const registry = new MemoryRegistry(new ManualClock());
  for (const [organization, policy] of settings) {
    const record: Organization = {
      type: 'organization',
      organization,
      id: 'organization',
      version: 1,
      name: organization,
      contact: `helpdesk@${organization}.example`,
      custody: 'software',
      receiptKeyId: 'receipt-key',
      recoveryKey: { kty: 'EC' },
      policy,
      events: [],
    };
    await registry.create(record);
  }
  return settingsPolicy(registry);
}

const policy = await policyOf(['strict', general], ['lax', lax]);

interface Row {
  organization?: 'strict' | 'lax';
  action: PolicyAction;
  role?: Role;
  resource?: Partial<PolicyResource>;
  context?: PolicyContext;
  allowed: boolean;
  rule: string;
}

const identity = { purpose: 'identity' } as const;
const encryption = { purpose: 'encryption' } as const;
const hardware = { assurance: 'medium-hardware' } as const;
const token = { assurance: 'medium-token' } as const;

const byAssurance = 'exportable-by-assurance';
const stays = 'not-exportable-by-assurance';

const rows: Row[] = [
  { action: 'Enroll', role: 'enrollment-workflow', allowed: true, rule: 'enroll-by-workflow' },
  { action: 'Enroll', role: 'administrator', allowed: true, rule: 'enroll-by-workflow' },
  { action: 'Enroll', role: 'subscriber', allowed: false, rule: 'enroll-by-workflow' },
  { action: 'Enroll', role: 'requestor', allowed: false, rule: 'enroll-by-workflow' },
  { action: 'Enroll', role: 'recovery-agent', allowed: false, rule: 'enroll-by-workflow' },
  { action: 'Enroll', role: 'recovery-official', allowed: false, rule: 'enroll-by-workflow' },
  { action: 'Enroll', role: 'auditor', allowed: false, rule: 'enroll-by-workflow' },
  { action: 'Enroll', role: 'service', allowed: false, rule: 'enroll-by-workflow' },
  { action: 'MakeExportable', resource: identity, allowed: true, rule: byAssurance },
  { action: 'MakeExportable', resource: { ...identity, ...token }, allowed: true, rule: byAssurance },
  { action: 'MakeExportable', resource: { ...identity, ...hardware }, allowed: false, rule: stays },
  { action: 'MakeExportable', resource: encryption, allowed: true, rule: byAssurance },
  { action: 'MakeExportable', resource: { ...encryption, ...token }, allowed: true, rule: byAssurance },
  { action: 'MakeExportable', resource: { ...encryption, ...hardware }, allowed: true, rule: byAssurance },
  {
    organization: 'lax',
    action: 'MakeExportable',
    resource: { ...identity, ...hardware },
    allowed: true,
    rule: byAssurance,
  },
  { organization: 'lax', action: 'MakeExportable', resource: encryption, allowed: false, rule: stays },
  { action: 'Escrow', resource: encryption, allowed: true, rule: 'encryption-escrowed' },
  {
    action: 'Escrow',
    resource: { ...encryption, ...hardware },
    allowed: true,
    rule: 'encryption-escrowed',
  },
  {
    organization: 'lax',
    action: 'Escrow',
    resource: encryption,
    allowed: false,
    rule: 'encryption-not-escrowed',
  },
  { action: 'Escrow', resource: identity, allowed: false, rule: 'identity-never-escrowed' },
  {
    organization: 'lax',
    action: 'Escrow',
    resource: { ...identity, exportable: true },
    allowed: false,
    rule: 'identity-never-escrowed',
  },
  { action: 'LockByPassword', resource: identity, allowed: true, rule: 'lock-by-password' },
  { action: 'LockByPassword', resource: encryption, allowed: true, rule: 'lock-by-password' },
  { action: 'LockByRecipient', resource: identity, allowed: true, rule: 'lock-by-recipient' },
  { action: 'LockByRecipient', resource: encryption, allowed: true, rule: 'lock-by-recipient' },
  { action: 'LockByNothing', resource: encryption, allowed: false, rule: 'held-not-allowed' },
  { action: 'LockByNothing', resource: identity, allowed: false, rule: 'held-not-allowed' },
  {
    organization: 'lax',
    action: 'LockByNothing',
    resource: encryption,
    allowed: true,
    rule: 'held-allowed',
  },
  {
    organization: 'lax',
    action: 'LockByNothing',
    resource: identity,
    allowed: false,
    rule: 'held-not-allowed',
  },
  {
    action: 'Export',
    role: 'subscriber',
    resource: { exportable: true },
    allowed: true,
    rule: 'export-by-subscriber',
  },
  {
    action: 'Export',
    role: 'subscriber',
    resource: { ...encryption, exportable: true, profile: 'modern' },
    allowed: true,
    rule: 'export-by-subscriber',
  },
  {
    action: 'Export',
    role: 'subscriber',
    resource: { exportable: false },
    allowed: false,
    rule: 'not-exportable',
  },
  { action: 'Export', role: 'subscriber', resource: {}, allowed: false, rule: 'not-exportable' },
  ...(
    ['administrator', 'enrollment-workflow', 'recovery-agent', 'recovery-official', 'service'] as const
  ).map(
    (role): Row => ({
      action: 'Export',
      role,
      resource: { exportable: true },
      allowed: false,
      rule: 'export-by-subscriber',
    }),
  ),
  ...(
    [
      ['strict', 'compatible', false],
      ['strict', 'pbmac1', false],
      ['lax', 'compatible', true],
      ['lax', 'pbmac1', false],
    ] as const
  ).map(
    ([organization, profile, allowed]): Row => ({
      organization,
      action: 'Export',
      role: 'subscriber',
      resource: { exportable: true, profile },
      allowed,
      rule: allowed ? 'export-by-subscriber' : 'profile-not-allowed',
    }),
  ),
  { action: 'MakeKey', allowed: true, rule: 'make-any-key' },
  ...(
    [
      ['strict', 'subscriber', 12, true, 'password-by-subscriber'],
      ['strict', 'subscriber', 11, false, 'password-length'],
      ['strict', 'subscriber', 129, false, 'password-length'],
      ['strict', 'subscriber', undefined, false, 'password-length'],
      ['strict', 'administrator', 20, false, 'password-by-subscriber'],
    ] as const
  ).map(
    ([organization, role, length, allowed, rule]): Row => ({
      ...{ organization, role, action: 'SetPassword', allowed, rule },
      ...(length !== undefined && { context: { length } }),
    }),
  ),
  ...(
    [
      ['lax', true, 'export-by-subscriber'],
      ['strict', false, 'profile-not-allowed'],
    ] as const
  ).map(
    ([organization, allowed, rule]): Row => ({
      ...{ organization, role: 'subscriber', action: 'ExportCompatible', allowed, rule },
      resource: { exportable: true },
    }),
  ),
  ...(
    [
      ['RequestRecovery', 'subscriber', { thirdParty: false }, true, 'recovery-requested'],
      ['RequestRecovery', 'subscriber', { thirdParty: true }, false, 'recovery-requested'],
      ['RequestRecovery', 'subscriber', {}, false, 'recovery-requested'],
      ['RequestRecovery', 'requestor', { thirdParty: true }, true, 'recovery-requested'],
      ['RequestRecovery', 'requestor', { thirdParty: false }, false, 'recovery-requested'],
      ['ApproveRecovery', 'recovery-agent', {}, true, 'recovery-by-agent'],
      ['ApproveRecovery', 'administrator', {}, false, 'recovery-by-agent'],
      ['ApproveRecovery', 'auditor', {}, false, 'recovery-by-agent'],
      ['ReleaseRecovered', 'recovery-agent', { agents: 2 }, true, 'recovery-by-agent'],
      ['ReleaseRecovered', 'recovery-agent', { agents: 1 }, false, 'two-agents'],
      ['ReleaseRecovered', 'recovery-agent', {}, false, 'two-agents'],
      ['ReleaseRecovered', 'administrator', { agents: 2 }, false, 'recovery-by-agent'],
    ] as const
  ).map(([action, role, context, allowed, rule]): Row => ({ action, role, context, allowed, rule })),
];

function ask({
  organization = 'strict',
  action,
  role = 'enrollment-workflow',
  resource = {},
  context = {},
}: Row) {
  return policy.decide({
    action,
    principal: { organization, subject: 'somebody', roles: [role] },
    resource: {
      purpose: 'identity',
      assurance: 'medium',
      keySpec: 'RSA_2048',
      custody: 'software',
      ...resource,
    },
    context,
  });
}

describe('the policy that follows from settings', () => {
  it.each(rows)('answers $action of $role about $resource $context: $allowed by $rule', async (row) => {
    const decision = await ask(row);
    expect({ allowed: decision.allowed, rules: decision.rules }).toEqual({
      allowed: row.allowed,
      rules: [row.rule],
    });
  });

  it('gives every answer with a reason, whom to ask, and its version', async () => {
    for (const row of rows) {
      const organization = row.organization ?? 'strict';
      expect(await ask(row)).toMatchObject({
        reason: expect.stringMatching(/^[A-Z].*\.$/),
        contact: `helpdesk@${organization}.example`,
        version: organization === 'lax' ? 'lax-1' : general.version,
      });
    }
  });

  it.each([
    ['strict', 'compatible', 'of the profile compatible: export for a newer system, as modern.'],
    ['strict', 'pbmac1', 'of the profile pbmac1: export as modern.'],
    ['lax', 'pbmac1', 'of the profile pbmac1: export as modern or compatible.'],
  ] as const)('says what %s allows instead of %s', async (organization, profile, why) => {
    const resource = { exportable: true, profile };
    const row: Row = {
      organization,
      action: 'Export',
      role: 'subscriber',
      resource,
      allowed: false,
      rule: '',
    };
    expect((await ask(row)).reason).toBe(`The organization allows no copies ${why}`);
  });

  it('gives a person no other answer for having more roles that do not count', async () => {
    const principal = {
      organization: 'strict',
      subject: 'all',
      roles: ['auditor', 'recovery-agent', 'recovery-official'],
    } as const;
    const resource = {
      ...identity,
      assurance: 'medium',
      keySpec: 'RSA_2048',
      custody: 'kms',
      exportable: true,
    } as const;
    expect(await policy.decide({ action: 'Export', principal, resource })).toMatchObject({ allowed: false });
  });

  it('knows the password rules', async () => {
    expect(await policy.passwordRules('strict')).toEqual({ minimumLength: 12, maximumLength: 128 });
  });

  it('has no answer for an organization that is not set up', async () => {
    const question = {
      action: 'Enroll',
      principal: { organization: 'nobody', subject: 's', roles: ['administrator'] },
      resource: { ...identity, assurance: 'medium', keySpec: 'RSA_2048', custody: 'kms' },
    } as const;
    await expect(policy.decide(question)).rejects.toMatchObject({ code: 'not-set-up' });
    await expect(policy.passwordRules('nobody')).rejects.toMatchObject({ code: 'not-set-up' });
  });
});
