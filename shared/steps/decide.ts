import { PolicyError } from '#domain/errors.ts';
import { holdFloors } from '#domain/floors.ts';
import type { PolicyDecision, PolicyQuestion } from '#domain/policy.ts';
import type { Dependencies } from './dependencies.ts';

/** The policy's answer with the floors held. Throws as `ExportabilityPolicy.decide` does. */
export async function decide(
  { policy }: Pick<Dependencies, 'policy'>,
  question: PolicyQuestion,
): Promise<PolicyDecision> {
  return holdFloors(question, await policy.decide(question));
}

/** What a refused export means, whoever asks and whenever. */
export const noBackupMeaning = 'No backup can be made of a certificate issued for this key pair.';

/** The refusal of an export as an error: why, what it means, whom to ask. */
export function exportRefused({
  reason,
  contact,
  rules,
}: Pick<PolicyDecision, 'reason' | 'contact' | 'rules'>) {
  return new PolicyError('export-refused', {
    why: `${reason} ${noBackupMeaning}`,
    next: `Ask ${contact}.`,
    contact,
    rules,
  });
}
