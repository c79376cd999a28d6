import type { PasswordRules, PolicyQuestion } from '#domain/policy.ts';
import type { CompiledPolicy } from './compile.ts';

/** No password of a PFX is longer. */
const longest = 128;

/**
 * The shortest and the longest password that a policy lets somebody set, to tell a person before one is chosen. Whether a given
 * password is good enough is a question of its own (`SetPassword` with its length).
 * @param question about `SetPassword`; its length is left aside
 * @returns undefined where no password may be set. Throws as `CompiledPolicy.decide`
 */
export async function passwordRulesOf(
  policy: CompiledPolicy,
  question: PolicyQuestion,
): Promise<PasswordRules | undefined> {
  const lengths: number[] = [];
  for (let length = 1; length <= longest; length++) {
    const { allowed } = await policy.decide({ ...question, context: { ...question.context, length } });
    if (allowed) lengths.push(length);
  }
  const [minimumLength] = lengths;
  const maximumLength = lengths.at(-1);
  if (minimumLength === undefined || maximumLength === undefined) return undefined;
  return { minimumLength, maximumLength };
}
