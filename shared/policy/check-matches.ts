import { hasFailed, type PolicyAction, policyActions } from '#domain/policy.ts';
import type { PolicyFacts } from '#domain/policy-document.ts';
import { type CompiledPolicy, compiledRules } from './compile.ts';
import { describeFacts } from './describe-question.ts';
import type { Finding } from './finding.ts';
import type { Inquiry } from './inquiry.ts';
import { questionSpace, questionsOf } from './question-space.ts';
import type { Rule } from './rules.ts';

/** How many questions are asked at most: of one rule, of all rules one after another, and of the policy as a whole. */
const most = { ofRule: 4000, ofAll: 8000, ofPolicy: 2000 } as const;

/**
 * Looks for rules that match no question there can be, or fail on one, and for a policy that permits none. Throws as
 * `CompiledPolicy.decide`.
 */
export async function checkMatches(policy: CompiledPolicy, inquiry: Inquiry): Promise<Finding[]> {
  const findings: Finding[] = [];
  let left: number = most.ofAll;
  for (const rule of policy.rules) {
    const { asked, matched, failedOn } = await tryAlone(rule, Math.min(left, most.ofRule), inquiry);
    left -= asked;
    if (inquiry.isTooLong) return [];
    if (failedOn !== undefined) findings.push(fails(rule, failedOn));
    else if (!matched) findings.push(left > 0 ? neverMatches(rule, asked) : tooManyQuestions(rule));
    if (left <= 0) return findings;
  }
  if (findings.length === 0 && !(await permitsSomething(policy, inquiry))) findings.push(permitsNothing);
  return findings;
}

interface Tried {
  asked: number;
  matched: boolean;
  failedOn?: PolicyFacts;
}

/** Asks a rule alone: what other rules say of the question does not matter. One that reckons is asked on, since sums can be too large. */
async function tryAlone(rule: Rule, limit: number, inquiry: Inquiry): Promise<Tried> {
  const alone = compiledRules([rule]);
  const space = questionSpace(rule.mentions, actionsOf(rule));
  const tried: Tried = { asked: 0, matched: false };
  for (const { facts, question } of questionsOf(space, limit)) {
    if (inquiry.isTooLong) break;
    const answer = await inquiry.ask(alone, question);
    tried.asked += 1;
    if (hasFailed(answer)) return { ...tried, failedOn: facts };
    tried.matched ||= answer.rules.includes(rule.id);
    if (tried.matched && !rule.mentions.reckons) break;
  }
  return tried;
}

function actionsOf({ actions }: Rule): readonly PolicyAction[] {
  return policyActions.filter((action) => actions === undefined || actions.has(action));
}

function fails({ id, line, column }: Rule, facts: PolicyFacts): Finding {
  const why = `The rule ${id} fails on a question that could be asked, and what fails is refused: ${describeFacts(facts)}.`;
  const next = 'Keep what it reckons within 64 bits.';
  return { code: 'fails', file: 'policy.cedar', rule: id, line, column, why, next };
}

function neverMatches({ id, line, column }: Rule, asked: number): Finding {
  const why = `The rule ${id} matches nothing that could be asked (${asked} questions were tried).`;
  const next = 'Correct its conditions, or leave it out.';
  return { code: 'matches-nothing', file: 'policy.cedar', rule: id, line, column, why, next };
}

function tooManyQuestions({ id, line, column }: Rule): Finding {
  const why = `From the rule ${id} on, there are more questions than are tried (${most.ofAll}).`;
  const next = 'Name fewer groups, persons and attributes in one rule.';
  return { code: 'too-much', file: 'policy.cedar', rule: id, line, column, why, next };
}

const permitsNothing: Finding = {
  code: 'permits-nothing',
  file: 'policy.cedar',
  why: 'Whatever is asked, it is refused: what one rule permits, another forbids.',
  next: 'Narrow what is forbidden, or permit more.',
};

async function permitsSomething(policy: CompiledPolicy, inquiry: Inquiry): Promise<boolean> {
  for (const { question } of questionsOf(questionSpace(policy.mentions), most.ofPolicy)) {
    if (inquiry.isTooLong || (await inquiry.ask(policy, question)).allowed) return true;
  }
  return false;
}
