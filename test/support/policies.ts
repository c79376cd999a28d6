import type { PolicySettings } from '#domain/organization.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { settingsAsCedar } from '#policy/settings-as-cedar.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { storePolicy, storePolicyVersion } from '#steps/policy-versions.ts';

/** What organizations chose before policies were written in Cedar, most of them; the general policy answers the same. */
export const generalSettings: PolicySettings = {
  version: 'general-1',
  exportable: {
    identity: { medium: true, 'medium-token': true, 'medium-hardware': false },
    encryption: { medium: true, 'medium-token': true, 'medium-hardware': true },
  },
  escrow: { identity: false, encryption: true },
  profiles: ['modern'],
  heldAllowed: false,
  passwordRules: { minimumLength: 12, maximumLength: 128 },
  retentionDays: 1095,
};

/** What a test has its organization choose otherwise than most. */
export type PolicyChange = Partial<Omit<PolicySettings, 'version' | 'retentionDays'>>;

/** A policy in Cedar that differs from the general one in what is named, with one test of its own. */
export function policyWith(change: PolicyChange): PolicyDocument {
  const { cedar } = settingsAsCedar({ ...generalSettings, ...change });
  return { cedar, tests: [{ action: 'MakeKey', purpose: 'identity', expect: 'allowed' }] };
}

/** Has an organization decide by another policy from now on, as if it had been published. */
export async function decideBy(
  dependencies: Pick<Dependencies, 'registry' | 'documents'>,
  organization: string,
  document: PolicyDocument,
): Promise<void> {
  const current = await loadOrganization(dependencies, organization);
  const publication = {
    document: await storePolicy(dependencies, organization, document),
    publishedAt: '2026-01-05T08:00:00.000Z',
    ...{ proposedBy: 'root', approvedBy: 'second' },
  };
  const policy = await storePolicyVersion(dependencies, organization, publication, current.policy);
  const next = { ...current, version: current.version + 1, policy, events: [] };
  await dependencies.registry.replace(next, { version: current.version });
}
