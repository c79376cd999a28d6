import { auditing } from '#contract/api/roles.ts';
import { holdFloors } from '#domain/floors.ts';
import type { PolicyDecision } from '#domain/policy.ts';
import { type PolicyFacts, questionOf } from '#domain/policy-document.ts';
import type { Principal } from '#domain/principal.ts';
import { type ChosenPolicy, presentPolicy, proposedPolicy } from '#steps/chosen-policy.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

export interface Simulation {
  question: PolicyFacts;
  /** Asked in place of the organization's own. */
  cedar?: string | undefined;
  /** Whether the proposal is asked, and not the policy that decides. */
  proposed: boolean;
  requestId: string;
}

export interface SimulatedAnswer
  extends Omit<PolicyDecision, 'rules' | 'version'>,
    Omit<ChosenPolicy, 'compiled'> {
  /** Which rules decided, and in which line of the text each begins; a floor, and what every policy has, stands in none. */
  rules: { id: string; line?: number }[];
  /** Whether the policy permits it, and a floor takes the permission back. */
  byFloor: boolean;
}

/**
 * Answers one question by a policy, as the service would, and does nothing of it. That it would be refused is an answer, and leaves no
 * record.
 * @throws AccessError `not-permitted`, `not-found` if nothing is proposed; InputError `invalid-input` for a text that cannot be used;
 *   SetUpError `not-set-up`; StoreError `object-missing`, `object-damaged`, `store-unavailable`
 */
export async function simulatePolicy(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  principal: Principal,
  { question: facts, cedar, proposed, requestId }: Simulation,
): Promise<SimulatedAnswer> {
  const act = actOf('simulate-policy', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const organization = await loadOrganization(dependencies, principal.organization);
    const { compiled, ...named } =
      cedar !== undefined || proposed
        ? await proposedPolicy(dependencies, organization, cedar)
        : await presentPolicy(dependencies, organization);
    const question = questionOf(facts);
    const answered = await compiled.decide(question);
    const { contact = organization.contact, ...answer } = holdFloors(question, answered);
    const rules = answer.rules.map((id) => {
      const rule = compiled.rules.find((each) => each.id === id);
      return rule === undefined ? { id } : { id, line: rule.line };
    });
    return { ...answer, contact, rules, byFloor: answered.allowed && !answer.allowed, ...named };
  });
}
