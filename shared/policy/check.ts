import { type PolicyDocument, policyLimits } from '#domain/policy-document.ts';
import { checkFloors } from './check-floors.ts';
import { checkMatches } from './check-matches.ts';
import { checkSchema, checkWords } from './check-schema.ts';
import { runTests } from './check-tests.ts';
import { compiledRules } from './compile.ts';
import { type Finding, mostFindings } from './finding.ts';
import { Inquiry, tooLong } from './inquiry.ts';
import { readRules } from './rules.ts';

/**
 * All that is wrong with a policy; nothing where it may be published. It must parse, fit the schema, give each rule a name and a
 * reason, pass its own tests, permit something, have no rule that never matches or that fails, and permit nothing that a floor forbids.
 * What is asked takes some seconds at most, and lets others work meanwhile.
 * @param inquiry how much may be asked of it
 * @returns the first hundred, in the order of the text; what makes the rest unreadable stands alone
 * @throws InternalError `internal` if Cedar cannot be loaded, or fails
 */
export async function checkPolicy(document: PolicyDocument, inquiry = new Inquiry()): Promise<Finding[]> {
  return (await everyFinding(document, inquiry)).slice(0, mostFindings);
}

async function everyFinding({ cedar, tests }: PolicyDocument, inquiry: Inquiry): Promise<Finding[]> {
  const { rules, findings } = await readRules(cedar);
  if (findings.length > 0) return findings;
  if (rules.length === 0) return [nothing];
  const unfit = [...(await checkSchema(cedar, rules)), ...checkWords(rules)];
  if (unfit.length > 0) return unfit;
  const policy = compiledRules(rules);
  const answering = [...(await checkMatches(policy, inquiry)), ...(await checkFloors(policy, inquiry))];
  const tested = await checkTests(policy, tests, inquiry);
  return inquiry.isTooLong ? [tooLong] : [...answering, ...tested];
}

const nothing: Finding = {
  code: 'permits-nothing',
  file: 'policy.cedar',
  why: 'It has no rule, so it permits nothing.',
  next: 'Write a rule, or begin with one of the policies that this software brings.',
};

const noTests: Finding = {
  code: 'no-tests',
  file: 'tests.json',
  why: 'It has no tests.',
  next: 'Write down a question that it must answer, and the answer.',
};

async function checkTests(
  policy: Parameters<typeof runTests>[0],
  tests: PolicyDocument['tests'],
  inquiry: Inquiry,
): Promise<Finding[]> {
  if (tests.length === 0) return [noTests];
  if (tests.length <= policyLimits.tests) return await runTests(policy, tests, inquiry);
  const why = `It has ${tests.length} tests; ${policyLimits.tests} is the most.`;
  return [{ code: 'too-much', file: 'tests.json', why, next: 'Leave some out.' }];
}
