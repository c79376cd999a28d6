import type { Organization } from '#domain/organization.ts';
import type { PolicyDecision, PolicyQuestion } from '#domain/policy.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { type CompiledPolicy, compilePolicy } from '#policy/compile.ts';
import { refusalOf } from '#policy/finding.ts';
import { readCedar } from '#policy/read-document.ts';
import type { ExportabilityPolicy } from '#ports/policy.ts';

/**
 * One policy as the port of policies, whatever the organization's record says: to ask what another one would answer.
 * @param version what its answers say answered
 */
export function policyOf(
  compiled: CompiledPolicy,
  { contact }: Pick<Organization, 'contact'>,
  version: string,
): ExportabilityPolicy {
  const decide = async (question: PolicyQuestion): Promise<PolicyDecision> => {
    const { failed: _, ...answer } = await compiled.decide(question);
    return { contact, ...answer, version };
  };
  return {
    decide,
    async decideAll(_, questions) {
      const decisions: PolicyDecision[] = [];
      for (const question of questions) decisions.push(await decide(question));
      return decisions;
    },
  };
}

/**
 * A policy of a text that somebody sent, to be asked and not to be kept.
 * @throws InputError `invalid-input` naming each place, if it cannot be used; InternalError `internal` if Cedar cannot be loaded
 */
export async function compileText(cedar: string): Promise<CompiledPolicy> {
  const read = readCedar(new TextEncoder().encode(cedar));
  if ('text' in read) return await compilePolicy({ cedar: read.text } satisfies Partial<PolicyDocument>);
  throw refusalOf(read.findings);
}
