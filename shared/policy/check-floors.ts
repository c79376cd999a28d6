import { holdFloors } from '#domain/floors.ts';
import { type PolicyAction, policyActions } from '#domain/policy.ts';
import type { PolicyFacts } from '#domain/policy-document.ts';
import type { CompiledPolicy } from './compile.ts';
import { describeFacts } from './describe-question.ts';
import type { Finding } from './finding.ts';
import type { Inquiry } from './inquiry.ts';
import { allMentions, type Mentions } from './mentions.ts';
import { questionSpace, questionsOf } from './question-space.ts';
import type { Rule } from './rules.ts';

/** How many questions are looked at and asked at most: about one rule that permits, about all of them, and about one action. */
const most = { lookedAt: 20_000, ofRule: 4000, ofRules: 8000, ofAction: 1000 } as const;

/** What a floor makes of a permission; a question that crosses none is not asked. */
const permission = { allowed: true, rules: ['permitted'], reason: 'Permitted.' };

/**
 * Looks for permissions that a floor takes back: the floor holds all the same, but a policy must not say otherwise. Told once for each
 * floor, with the first question that shows it. Of more questions than can be asked, those are asked first that a rule which permits
 * could tell apart, by itself and together with what forbids the same; then some from all over.
 * Throws as `CompiledPolicy.decide`.
 */
export async function checkFloors(policy: CompiledPolicy, inquiry: Inquiry): Promise<Finding[]> {
  const search = { policy, inquiry, ofRules: 0, found: new Map<string, Finding>() };
  for (const action of policyActions) {
    for (const rule of policy.rules.filter((each) => permits(each, action)))
      await lookBy(search, action, rule);
    await look(search, action, policy.mentions, most.ofAction);
  }
  return [...search.found.values()];
}

async function lookBy(search: Search, action: PolicyAction, rule: Rule): Promise<void> {
  const limited = async (mentions: Mentions) => {
    const limit = Math.max(0, Math.min(most.ofRule, most.ofRules - search.ofRules));
    const { asked, forbidding } = await look(search, action, mentions, limit);
    search.ofRules += asked;
    return forbidding;
  };
  const forbidding = await limited(rule.mentions);
  const mentions = [rule, ...forbidding].map((each) => each.mentions);
  if (forbidding.length > 0) await limited(allMentions(mentions));
}

function permits({ effect, actions }: Rule, action: PolicyAction): boolean {
  return effect === 'permit' && (actions === undefined || actions.has(action));
}

interface Search {
  policy: CompiledPolicy;
  inquiry: Inquiry;
  /** How many questions were asked about rules that permit. */
  ofRules: number;
  /** By the floor that is crossed. */
  found: Map<string, Finding>;
}

/** @returns how many questions were asked, and the rules that forbade something of it */
async function look(
  { policy, inquiry, found }: Search,
  action: PolicyAction,
  mentions: Mentions,
  limit: number,
): Promise<{ asked: number; forbidding: Rule[] }> {
  const forbidding = new Set<string>();
  let asked = 0;
  for (const { facts, question } of questionsOf(questionSpace(mentions, [action]), most.lookedAt)) {
    const floor = holdFloors(question, permission);
    const [crossed = ''] = floor.rules;
    if (floor.allowed || found.has(crossed)) continue;
    if (asked === limit || inquiry.isTooLong) break;
    asked += 1;
    const { allowed, rules } = await inquiry.ask(policy, question);
    if (allowed) found.set(crossed, crossing(policy, facts, rules, { floor: crossed, reason: floor.reason }));
    else for (const id of rules) forbidding.add(id);
  }
  return { asked, forbidding: policy.rules.filter(({ id }) => forbidding.has(id)) };
}

function crossing(
  policy: CompiledPolicy,
  facts: PolicyFacts,
  rules: readonly string[],
  { floor, reason }: { floor: string; reason: string },
): Finding {
  const by = policy.rules.find(({ id }) => rules.includes(id));
  const why = `It permits what no policy may: ${describeFacts(facts)}. ${reason} (${floor})`;
  const next = `Narrow ${rules.join(', ')}, or forbid it in a rule of its own.`;
  const place = by === undefined ? {} : { rule: by.id, line: by.line, column: by.column };
  return { code: 'crosses-floor', file: 'policy.cedar', ...place, why, next };
}
