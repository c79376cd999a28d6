import { auditing } from '#contract/api/roles.ts';
import { policyName } from '#crypto/stored-policy.ts';
import type { PolicyProposal, PublishedPolicy } from '#domain/organization.ts';
import { isSettings } from '#domain/organization.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { policyInForce, readPolicy } from '#steps/policy-versions.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/** The policy of an organization, and what is proposed in its place. */
export interface ShownPolicy {
  /** Settings of before are told as the Cedar that answers the same. */
  present: Pick<PublishedPolicy, 'version' | 'document'> & Partial<PublishedPolicy> & PolicyDocument;
  proposal?: PolicyProposal & PolicyDocument;
}

/**
 * Shows the policy that decides in the principal's organization, and the proposal, with their texts.
 * @throws AccessError `not-permitted`; SetUpError `not-set-up`; StoreError `object-missing`, `object-damaged`, `store-unavailable`
 */
export async function showPolicy(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  principal: Principal,
  { requestId }: { requestId: string },
): Promise<ShownPolicy> {
  const act = actOf('show-policy', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const organization = await loadOrganization(dependencies, principal.organization);
    const { policy, proposal } = organization;
    const text = await policyInForce(dependencies, organization);
    const present = isSettings(policy) ? { version: policy.version, document: policyName(text) } : policy;
    if (proposal === undefined) return { present: { ...present, ...text } };
    const proposed = await readPolicy(dependencies, organization.organization, proposal.document);
    return { present: { ...present, ...text }, proposal: { ...proposal, ...proposed } };
  });
}
