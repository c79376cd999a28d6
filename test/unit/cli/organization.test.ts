import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OrganizationView } from '#contract/api/organization.ts';
import { commands } from '../../../cli/commands.ts';
import { helpOf } from '../../../cli/help.ts';
import { describeOrganization } from '../../../cli/views/organization.ts';
import general from '../../../policies/general.json' with { type: 'json' };

const organization: OrganizationView = {
  id: 'example',
  version: 3,
  name: 'Example Corp',
  contact: 'help@example.org',
  custody: 'software',
  receiptKeyId: 'receipt-key',
  recoveryKey: { kid: 'recovery-key' },
  policy: { ...general, profiles: ['modern'] },
};

function described(policy: Partial<OrganizationView['policy']>): string {
  return describeOrganization({ ...organization, policy: { ...organization.policy, ...policy } });
}

describe('an organization, as it is shown', () => {
  it('says every choice of its policy in words', () => {
    expect(described({})).toBe(`Example Corp (example), version 3
  contact       help@example.org
  custody       software
  recovery key  recovery-key
  receipt key   receipt-key
  policy        general-1
    identity keys may leave       at medium, medium-token; not at medium-hardware
    encryption keys may leave     at medium, medium-token, medium-hardware
    identity keys are escrowed    never
    encryption keys are escrowed  yes, and locked for 1095 days
    copies may be                 modern; not compatible, pbmac1
    keys without a lock           not allowed
    passwords                     12 to 128 characters`);
  });

  it.each<[Partial<OrganizationView['policy']>, RegExp]>([
    [{ profiles: ['modern', 'compatible', 'pbmac1'] }, /^ +copies may be +modern, compatible, pbmac1$/m],
    [{ profiles: ['pbmac1'] }, /^ +copies may be +pbmac1; not modern, compatible$/m],
    [{ escrow: { identity: false, encryption: false } }, /^ +encryption keys are escrowed +no$/m],
    [{ heldAllowed: true }, /^ +keys without a lock +allowed, for encryption$/m],
    [{ passwordRules: { minimumLength: 8, maximumLength: 64 } }, /^ +passwords +8 to 64 characters$/m],
    [{ retentionDays: 1 }, /locked for 1 day$/m],
    [
      {
        exportable: {
          ...general.exportable,
          identity: { medium: false, 'medium-token': false, 'medium-hardware': false },
        },
      },
      /^ +identity keys may leave +never$/m,
    ],
  ])('says what was chosen: %j', (policy, line) => {
    expect(described(policy)).toMatch(line);
  });

  it('shows nothing that moves the cursor', () => {
    expect(describeOrganization({ ...organization, name: '\u001b[2J' })).not.toContain('\u001b');
  });
});

describe('the help of organization set', () => {
  const set = commands.find(({ words }) => words.join(' ') === 'organization set');
  const help = set === undefined ? '' : helpOf(set).replaceAll('\n', ' ');

  it('says how to begin, and how to allow copies for old systems', () => {
    expect(help).toContain('cp policies/general.json');
    expect(help).toContain('"profiles": ["modern", "compatible"]');
  });

  it('names no file that is not there', () => {
    const named = [...help.matchAll(/policies\/[\w.-]+/g)].map(([file]) => file);
    expect(named).not.toEqual([]);
    for (const file of named)
      expect(existsSync(join(import.meta.dirname, '../../..', file)), file).toBe(true);
  });
});
