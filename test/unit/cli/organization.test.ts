import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OrganizationView } from '#contract/api/organization.ts';
import { commands } from '../../../cli/commands.ts';
import { helpOf } from '../../../cli/help.ts';
import { describeOrganization } from '../../../cli/views/organization.ts';

const organization: OrganizationView = {
  id: 'example',
  version: 3,
  name: 'Example Corp',
  contact: 'help@example.org',
  custody: 'software',
  receiptKeyId: 'receipt-key',
  recoveryKey: { kid: 'recovery-key' },
  policy: {
    version: '2',
    document: 'ab'.repeat(32),
    publishedAt: '2026-01-05T08:00:00.000Z',
    ...{ proposedBy: 'ada', approvedBy: 'ben' },
  },
  retentionDays: 1095,
};

describe('an organization, as it is shown', () => {
  it('says whose policy decides, and since when', () => {
    expect(describeOrganization(organization)).toBe(`Example Corp (example), version 3
  contact       help@example.org
  custody       software
  recovery key  recovery-key
  receipt key   receipt-key
  retention     1095 days
  policy        2, published 2026-01-05T08:00:00.000Z by ada, approved by ben
    SHA-256     ${'ab'.repeat(32)}`);
  });

  it('says that its first policy was one administrator’s, and that there are settings of before', () => {
    const { approvedBy: _, ...first } = organization.policy;
    const shown = describeOrganization({ ...organization, policy: first, retentionDays: 1 });
    expect(shown).toMatch(/ by ada$/m);
    expect(shown).toMatch(/^ {2}retention +1 day$/m);
    const before = describeOrganization({ ...organization, policy: { version: 'general-1' } });
    expect(before).toMatch(/^ {2}policy +general-1, settings of before$/m);
    expect(before).not.toContain('SHA-256');
  });

  it('shows nothing that moves the cursor', () => {
    expect(describeOrganization({ ...organization, name: '\u001b[2J' })).not.toContain('\u001b');
  });
});

describe('the help of init', () => {
  const init = commands.find(({ words }) => words.join(' ') === 'init');
  const help = init === undefined ? '' : helpOf(init).replaceAll('\n', ' ');

  it('names no policy that is not there', () => {
    const named = [...help.matchAll(/policies\/[\w.-]+/g)].map(([file]) => file);
    expect(named).not.toEqual([]);
    for (const file of named)
      expect(existsSync(join(import.meta.dirname, '../../..', file)), file).toBe(true);
  });
});
