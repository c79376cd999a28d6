import * as v from 'valibot';
import { administering } from '#contract/api/roles.ts';
import { text } from '#contract/fields.ts';
import { parse } from '#contract/parse.ts';
import { policyDocumentSchema } from '#contract/policy-document.ts';
import { StateError } from '#domain/errors.ts';
import { isSettings, type Organization, type PolicyProposal } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import { checkPolicy } from '#policy/check.ts';
import { refusalOf } from '#policy/finding.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { documentOfVersion } from '#steps/policy-history.ts';
import { readPolicy, storePolicy } from '#steps/policy-versions.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'clock'>;

const earlierSchema = v.strictObject({ version: text(1, 64) });

export interface Proposing {
  /** A policy, or `{ version }` for an earlier one once more. Not yet read. */
  policy: unknown;
  requestId: string;
}

/**
 * Proposes a policy for the principal's organization, in place of whatever was proposed before; the present one decides until another
 * administrator approves it. To go back is to propose an earlier version: it is checked again, since what is found wrong may be
 * more than it was then. What is proposed already, by the same person, changes nothing.
 * @returns the proposal
 * @throws AccessError `not-permitted`, `not-found` if there was no such version; InputError `invalid-input` for all that is wrong with
 *   the policy, by file, line and column; StateError `already-exists` if it is the policy that decides, `version-conflict`; SetUpError
 *   `not-set-up`; StoreError `object-missing`, `object-damaged`, `store-unavailable`
 */
export async function proposePolicy(
  dependencies: Needs,
  principal: Principal,
  { policy, requestId }: Proposing,
): Promise<PolicyProposal> {
  const act = actOf('propose-policy', principal, { requestId });
  return await recorded(dependencies, act, async (recordNow) => {
    requireRole(principal, administering);
    const current = await loadOrganization(dependencies, principal.organization);
    const document = await storeGoodPolicy(dependencies, current, policy);
    checkOther(current, document);
    await recordNow({ about: [document] });
    return await propose(dependencies, principal, document);
  });
}

/** Stores the policy before anything points to it. @returns its name */
async function storeGoodPolicy(
  dependencies: Needs,
  organization: Organization,
  policy: unknown,
): Promise<string> {
  const earlier = v.safeParse(earlierSchema, policy);
  const document = earlier.success
    ? await readPolicy(
        dependencies,
        organization.organization,
        await documentOfVersion(dependencies, organization, earlier.output.version),
      )
    : parse(policyDocumentSchema, policy);
  const findings = await checkPolicy(document);
  if (findings.length > 0) throw refusalOf(findings);
  return await storePolicy(dependencies, organization.organization, document);
}

/** @throws StateError `already-exists` if the document decides already */
function checkOther({ policy }: Organization, document: string): void {
  if (isSettings(policy) || policy.document !== document) return;
  throw new StateError('already-exists', {
    why: 'This is the policy that decides already, word for word.',
    next: 'There is nothing to do.',
  });
}

async function propose(
  dependencies: Needs,
  { organization, subject, issuerSubject }: Principal,
  document: string,
): Promise<PolicyProposal> {
  const proposer = { proposedBy: subject, ...(issuerSubject !== undefined && { issuerSubject }) };
  const proposedAt = dependencies.clock.now().toISOString();
  const proposalFor = ({ proposal, policy: { version: replaces } }: Organization): PolicyProposal =>
    proposal?.document === document && proposal.proposedBy === subject && proposal.replaces === replaces
      ? proposal
      : { document, ...proposer, proposedAt, replaces };
  const written = await updateOrganization(dependencies, organization, (current) => {
    checkOther(current, document);
    const proposal = proposalFor(current);
    if (proposal === current.proposal) return undefined;
    const { replaces } = proposal;
    return { proposal, events: [{ name: 'PolicyProposed', data: { document, replaces } }] };
  });
  return proposalFor(written);
}
