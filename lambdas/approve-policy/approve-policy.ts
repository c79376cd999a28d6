import { administering } from '#contract/api/roles.ts';
import { AccessError, StateError } from '#domain/errors.ts';
import {
  isSettings,
  type Organization,
  type PolicyProposal,
  type PublishedPolicy,
  retentionDaysOf,
} from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import { compilePolicy } from '#policy/compile.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { readPolicy, storePolicyVersion } from '#steps/policy-versions.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'clock'>;

export interface Approving {
  /** The SHA-256 of what the administrator read and agrees to, hex. */
  document: string;
  requestId: string;
}

/**
 * Approves the proposal of another administrator: it decides from then on, as the next version. Nobody approves the own proposal; and
 * what was proposed in its place meanwhile is another document, and is not approved by this. It is recorded before it counts.
 * Again, by whoever approved it, it changes nothing.
 * @returns the version that it became
 * @throws AccessError `not-permitted` for another role, or for whoever proposed it; StateError `precondition-failed` if this is not what
 *   is proposed, or no longer, `version-conflict`; InputError `invalid-input` if it cannot be used any more; SetUpError `not-set-up`;
 *   StoreError `object-missing`, `object-damaged`, `store-unavailable`
 */
export async function approvePolicy(
  dependencies: Needs,
  principal: Principal,
  { document, requestId }: Approving,
): Promise<PublishedPolicy> {
  const act = actOf('approve-policy', principal, { requestId });
  return await recorded(dependencies, act, async (recordNow) => {
    requireRole(principal, administering);
    const current = await loadOrganization(dependencies, principal.organization);
    const approved = approvedBefore(current, principal, document);
    if (approved !== undefined) return approved;
    const proposal = proposalOf(current, document);
    checkAnother(proposal, principal);
    // It was checked when it was proposed; that it is what was stored, and can be used here, is worth another look.
    await compilePolicy(await readPolicy(dependencies, current.organization, document));
    return await publish(dependencies, current, { proposal, approver: principal }, recordNow);
  });
}

function approvedBefore(
  { policy }: Organization,
  { subject }: Principal,
  document: string,
): PublishedPolicy | undefined {
  if (isSettings(policy)) return undefined;
  return policy.document === document && policy.approvedBy === subject ? policy : undefined;
}

/** @throws StateError `precondition-failed` if the document is not what is proposed, in place of the policy that decides now */
function proposalOf({ proposal, policy }: Organization, document: string): PolicyProposal {
  if (proposal?.document === document && proposal.replaces === policy.version) return proposal;
  throw new StateError('precondition-failed', {
    why: 'This is not what is proposed, or no longer.',
    next: 'Look at the policy again, and decide anew.',
  });
}

/** One who comes under two names is one all the same: the issuer's own name of each is looked at, too. */
function checkAnother(proposal: PolicyProposal, approver: Principal): void {
  const names = [proposal.proposedBy, proposal.issuerSubject];
  const own = [approver.subject, approver.issuerSubject].filter((name) => name !== undefined);
  if (!own.some((name) => names.includes(name))) return;
  throw new AccessError('not-permitted', {
    why: 'Nobody approves a policy of their own proposing.',
    next: 'Have another administrator approve it.',
  });
}

/** The version is stored first, then recorded, then the organization's one record says that it decides. */
async function publish(
  dependencies: Needs,
  { organization, policy: before }: Organization,
  { proposal, approver }: { proposal: PolicyProposal; approver: Principal },
  recordNow: RecordNow,
): Promise<PublishedPolicy> {
  const { document, proposedBy } = proposal;
  const publishedAt = dependencies.clock.now().toISOString();
  const decision = { document, publishedAt, proposedBy, approvedBy: approver.subject };
  const policy = await storePolicyVersion(dependencies, organization, decision, before);
  const { version } = policy;
  await recordNow({ about: [document], policy: { version, rules: [] } });
  await updateOrganization(dependencies, organization, (current) => {
    const same = proposalOf(current, document);
    // The same text, proposed anew by whoever approves it, is a proposal of their own.
    checkAnother(same, approver);
    if (same.proposedBy !== proposedBy) throw new StateError('precondition-failed');
    return {
      policy,
      proposal: undefined,
      // Settings of before said it, too, and they go.
      retentionDays: retentionDaysOf(current),
      events: [{ name: 'PolicyPublished', data: { version, document } }],
    };
  });
  return policy;
}
