import { holdFloors } from '#domain/floors.ts';
import { sentence } from '#domain/plain-words.ts';
import { type PolicyTest, questionOf } from '#domain/policy-document.ts';
import type { CompiledPolicy, PolicyAnswer } from './compile.ts';
import { describeFacts } from './describe-question.ts';
import type { Finding } from './finding.ts';
import type { Inquiry } from './inquiry.ts';

/**
 * Asks a policy its own questions. Answers are those that count: with the floors held.
 * @returns a finding for each test that fails. Throws as `CompiledPolicy.decide`
 */
export async function runTests(
  policy: CompiledPolicy,
  tests: readonly PolicyTest[],
  inquiry: Inquiry,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [index, test] of tests.entries()) {
    const question = questionOf(test);
    const answer = holdFloors(question, await inquiry.ask(policy, question));
    const wrong = differenceOf(test, answer);
    if (wrong === undefined) continue;
    const why = `Test ${index + 1} fails: ${sentence(test.name ?? describeFacts(test))} ${wrong}`;
    findings.push({ code: 'test-fails', file: 'tests.json', why, next: 'Correct the rule, or the test.' });
  }
  return findings;
}

/** @returns undefined where the answer is what the test expects */
function differenceOf({ expect, rules, reason }: PolicyTest, answer: PolicyAnswer): string | undefined {
  const got = answer.allowed ? 'allowed' : 'refused';
  const by = `by ${answer.rules.join(', ')}`;
  if (got !== expect) return `Expected ${expect}, but it is ${got} ${by}: ${answer.reason}`;
  if (rules !== undefined && !isSameSet(rules, answer.rules)) {
    return `It is ${got} as expected, but ${by}, and not by ${rules.join(', ')}.`;
  }
  if (reason === undefined || reason === answer.reason) return undefined;
  return `It is ${got} ${by} as expected, but with another reason: ${answer.reason}`;
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return new Set(one).size === new Set(other).size && one.every((each) => other.includes(each));
}
