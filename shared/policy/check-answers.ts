import { setImmediate } from 'node:timers/promises';
import { holdFloors } from '#domain/floors.ts';
import { type PolicyAction, policyActions } from '#domain/policy.ts';
import { type CompiledPolicy, compiledRules } from './compile.ts';
import { describeFacts } from './describe-question.ts';
import type { Finding } from './finding.ts';
import { questionSpace, questionsOf } from './question-space.ts';
import type { Rule } from './rules.ts';

/** How many questions are asked at most: of one rule, of all rules together, and about floors. */
const most = { ofRule: 4000, ofAll: 8000, aboutFloors: 2000 } as const;

/** So many questions, and whatever else waits has its turn. */
const atOnce = 64;

/**
 * Looks for rules that match no question there can be, and for a policy that permits none. Throws as `CompiledPolicy.decide`.
 */
export async function checkMatches(policy: CompiledPolicy): Promise<Finding[]> {
  const findings: Finding[] = [];
  let left: number = most.ofAll;
  for (const rule of policy.rules) {
    const { asked, matched } = await firstMatch(rule, Math.min(left, most.ofRule));
    left -= asked;
    if (!matched) findings.push(left > 0 ? neverMatches(rule, asked) : tooManyQuestions(rule));
    if (left <= 0) return findings;
  }
  if (findings.length === 0 && !(await permitsSomething(policy))) findings.push(permitsNothing);
  return findings;
}

/** Asks a rule alone: what other rules say of the question does not matter. */
async function firstMatch(rule: Rule, limit: number): Promise<{ asked: number; matched: boolean }> {
  const alone = compiledRules([rule]);
  const space = questionSpace(rule.mentions, actionsOf(rule));
  let asked = 0;
  for (const { question } of questionsOf(space, limit)) {
    const { rules } = await alone.decide(question);
    asked += 1;
    if (rules.includes(rule.id)) return { asked, matched: true };
    if (asked % atOnce === 0) await setImmediate();
  }
  return { asked, matched: false };
}

function actionsOf({ actions }: Rule): readonly PolicyAction[] {
  return policyActions.filter((action) => actions === undefined || actions.has(action));
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

async function permitsSomething(policy: CompiledPolicy): Promise<boolean> {
  let asked = 0;
  for (const { question } of questionsOf(questionSpace(policy.mentions), most.aboutFloors)) {
    if ((await policy.decide(question)).allowed) return true;
    asked += 1;
    if (asked % atOnce === 0) await setImmediate();
  }
  return false;
}

/** What a floor makes of a permission; a question that crosses none is not asked. */
const permission = { allowed: true, rules: ['permitted'], reason: 'Permitted.' };

/**
 * Looks for permissions that a floor takes back: the floor holds all the same, but a policy must not say otherwise. Told once for each
 * floor, with the first question that shows it. Throws as `CompiledPolicy.decide`.
 */
export async function checkFloors(policy: CompiledPolicy): Promise<Finding[]> {
  const found = new Map<string, Finding>();
  let asked = 0;
  for (const { facts, question } of crossingQuestions(policy)) {
    const floor = holdFloors(question, permission);
    const [crossed = ''] = floor.rules;
    if (found.has(crossed)) continue;
    const { allowed, rules } = await policy.decide(question);
    asked += 1;
    if (asked % atOnce === 0) await setImmediate();
    if (!allowed) continue;
    const by = policy.rules.find(({ id }) => rules.includes(id));
    const why = `It permits what no policy may: ${describeFacts(facts)}. ${floor.reason} (${crossed})`;
    const next = `Narrow ${rules.join(', ')}, or forbid it in a rule of its own.`;
    const place = by === undefined ? {} : { rule: by.id, line: by.line, column: by.column };
    found.set(crossed, { code: 'crosses-floor', file: 'policy.cedar', ...place, why, next });
  }
  return [...found.values()];
}

function* crossingQuestions({ mentions }: CompiledPolicy): ReturnType<typeof questionsOf> {
  for (const action of policyActions) {
    const space = questionSpace(mentions, [action]);
    for (const asked of questionsOf(space, most.aboutFloors)) {
      if (!holdFloors(asked.question, permission).allowed) yield asked;
    }
  }
}
