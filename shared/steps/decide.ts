import type { Enrollment } from '#domain/enrollment.ts';
import { InternalError, PolicyError } from '#domain/errors.ts';
import { holdFloors } from '#domain/floors.ts';
import type { PolicyDecision, PolicyQuestion, PolicyResource } from '#domain/policy.ts';
import type { Dependencies } from './dependencies.ts';

/** The policy's answer with the floors held. Throws as `ExportabilityPolicy.decide` does. */
export async function decide(
  { policy }: Pick<Dependencies, 'policy'>,
  question: PolicyQuestion,
): Promise<PolicyDecision> {
  return holdFloors(question, await policy.decide(question));
}

/**
 * The answers of one version of an organization's policy, with the floors held. Throws as `ExportabilityPolicy.decide` does.
 * @returns in the order of the questions, one for each
 * @throws InternalError `internal` if a question was left without an answer, too
 */
export async function decideAll(
  { policy }: Pick<Dependencies, 'policy'>,
  organization: string,
  questions: readonly PolicyQuestion[],
): Promise<PolicyDecision[]> {
  const decisions = await policy.decideAll(organization, questions);
  return questions.map((question, index) => {
    const decision = decisions[index];
    if (decision !== undefined) return holdFloors(question, decision);
    throw new InternalError('internal', { cause: 'the policy left a question without an answer' });
  });
}

/** An enrollment as a policy is asked about it. */
export function resourceOf(enrollment: Enrollment): PolicyResource {
  const { purpose, assurance, keySpec, custody, exportable, lock, escrow, subscriber, key } = enrollment;
  const stage = key === undefined ? 'requested' : 'made';
  const subscriberId = subscriber.id;
  return { purpose, assurance, keySpec, custody, exportable, lock, escrow, stage, subscriberId };
}

/** What it means that a key cannot leave, whoever asks and whenever. */
export const noBackupMeaning = 'No backup can be made of a certificate issued for this key pair.';

/**
 * The refusal of an export as an error: why, what it means, whom to ask.
 * @param exportable whether the key itself may leave; if it may, other refusals do not mean that no backup can be made
 */
export function exportRefused(
  { reason, contact, rules, version }: PolicyDecision,
  exportable: boolean,
): PolicyError {
  return new PolicyError('export-refused', {
    why: exportable ? reason : `${reason} ${noBackupMeaning}`,
    next: `Ask ${contact}.`,
    contact,
    rules,
    policyVersion: version,
  });
}
