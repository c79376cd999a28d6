import { describe, expect, it } from 'vitest';
import { settingsPolicy } from '#adapters/settings-policy/settings-policy.ts';
import type { Organization } from '#domain/organization.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { type PolicyQuestion, policyActions } from '#domain/policy.ts';
import { type PolicyFacts, questionOf } from '#domain/policy-document.ts';
import { compilePolicy } from '#policy/compile.ts';
import { questionSpace } from '#policy/question-space.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { generalPolicy } from '#test/support/general-policy.ts';
import { defaultPolicy } from './policies.ts';

/** Rules that the settings have one name for, whether they permit or forbid. */
const renamed: Readonly<Record<string, string>> = {
  'enroll-only-by-workflow': 'enroll-by-workflow',
  'export-only-by-subscriber': 'export-by-subscriber',
  'password-only-by-subscriber': 'password-by-subscriber',
};

const recovery = ['RequestRecovery', 'ApproveRecovery', 'ReleaseRecovered'];

async function settings() {
  const registry = new MemoryRegistry(new ManualClock());
  const record: Organization = {
    type: 'organization',
    organization: 'acme',
    id: 'organization',
    version: 1,
    name: 'Acme',
    contact: 'helpdesk@acme.example',
    custody: 'software',
    receiptKeyId: 'receipt-key',
    recoveryKey: { kty: 'EC' },
    policy: generalPolicy,
    events: [],
  };
  await registry.create(record);
  return settingsPolicy(registry);
}

/** As the service asked before it knew more of a key: without stage, lock and escrow, and with every profile. */
function asAskedBefore(facts: PolicyFacts): PolicyQuestion[] {
  const { action, roles = [], purpose, assurance, custody, keySpec, exportable, length } = facts;
  const asked = questionOf({
    ...{ action, roles, purpose },
    ...(assurance && { assurance }),
    ...(custody && { custody }),
    ...(keySpec && { keySpec }),
    ...(length !== undefined && { length }),
  });
  const principal = { ...asked.principal, organization: 'acme' };
  const known = exportable === undefined ? [{}] : [{}, { exportable }];
  return known.flatMap((member) =>
    [{}, ...pfxProfiles.map((profile) => ({ profile }))].map((profile) => ({
      ...asked,
      principal,
      resource: { ...asked.resource, ...member, ...profile },
    })),
  );
}

function everyQuestion(action: PolicyFacts['action'], space: ReturnType<typeof questionSpace>) {
  const facts = Array.from({ length: space.size }, (_unused, index) => space.at(index));
  const asked = facts.filter((each) => each.action === action).flatMap(asAskedBefore);
  return [...new Map(asked.map((question) => [JSON.stringify(question), question])).values()];
}

describe('the general policy answers as the settings of policies/general.json do', async () => {
  const before = await settings();
  const general = await compilePolicy(defaultPolicy('general'));
  const known = policyActions.filter((action) => !recovery.includes(action));

  it.each(known)('on every question about %s', async (action) => {
    const questions = everyQuestion(action, questionSpace(general.mentions, [action]));
    expect(questions.length).toBeGreaterThan(20);
    for (const question of questions) {
      const then = await before.decide(question);
      const now = await general.decide(question);
      const told = JSON.stringify(question);
      expect(now.allowed, told).toBe(then.allowed);
      expect(
        now.rules.map((id) => renamed[id] ?? id),
        told,
      ).toContain(then.rules[0]);
    }
  });
});
