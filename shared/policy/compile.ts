import type { PolicyAction, PolicyQuestion } from '#domain/policy.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { refusalOf } from './finding.ts';
import { type Cedar, loadCedar, withCedar } from './load-cedar.ts';
import { allMentions, type Mentions } from './mentions.ts';
import { actionOf, cedarRequest } from './request.ts';
import { builtInRules, type Rule, readRules } from './rules.ts';
import { slotOf } from './slots.ts';

/** What a policy alone answers, before the floors are held (`holdFloors` of `#domain/floors.ts`). */
export interface PolicyAnswer {
  allowed: boolean;
  /** Identifiers of the rules that decided, in the order of the policy; never empty. */
  rules: readonly string[];
  /** The reasons of those rules, for a person to read. */
  reason: string;
  /** Whom to ask, where a rule that decided names somebody; otherwise the organization's contact. */
  contact?: string;
  /** The rules that failed on the question, where it is refused for that; empty where the policy failed as a whole. For whoever runs it. */
  failed?: readonly string[];
}

/** A policy that can be asked. It is an organization's own: nothing of another's is ever seen by it. */
export interface CompiledPolicy {
  readonly rules: readonly Rule[];
  /** All that its rules speak of. */
  readonly mentions: Mentions;
  /**
   * One question, one answer. Whatever goes wrong in answering is a refusal, by the rule `policy-evaluation-error`.
   * @throws InternalError `internal` if Cedar cannot be loaded
   */
  decide(question: PolicyQuestion): Promise<PolicyAnswer>;
}

/**
 * Makes a policy that can be asked. It is parsed here; that it fits the schema and does what it should, only `checkPolicy` says. Keep
 * what is returned for as long as the policy is asked: another one of the same text is parsed again.
 * @throws InputError `invalid-input` naming each place, if it cannot be used; InternalError `internal` if Cedar cannot be loaded
 */
export async function compilePolicy({ cedar }: Pick<PolicyDocument, 'cedar'>): Promise<CompiledPolicy> {
  const { rules, findings } = await readRules(cedar);
  if (findings.length > 0) throw refusalOf(findings);
  return compiledRules(rules);
}

/** In place of a policy that cannot be used: it fails on every question, and permits nothing. */
export const refusingPolicy: CompiledPolicy = {
  rules: [],
  mentions: allMentions([]),
  decide: async () => failedBy([]),
};

/** A policy of rules that were read. */
export function compiledRules(rules: readonly Rule[]): CompiledPolicy {
  const parts = new Map<PolicyAction, Part>();
  const partOf = (action: PolicyAction) => {
    const part = parts.get(action) ?? makePart(rules, action);
    parts.set(action, part);
    return part;
  };
  return {
    rules,
    mentions: allMentions(rules.map((rule) => rule.mentions)),
    async decide(question) {
      await loadCedar();
      try {
        return await withCedar((cedar) => evaluate(cedar, partOf(actionOf(question)), question));
      } catch {
        return failedBy([]);
      }
    },
  };
}

/**
 * The rules that may speak of an action. The others name other actions in their scope, which Cedar looks at before anything else of a
 * rule: so they neither match nor fail, and to leave them out changes no answer, but halves the time.
 */
interface Part {
  rules: readonly Rule[];
  mentions: Mentions;
}

function makePart(all: readonly Rule[], action: PolicyAction): Part {
  const rules = all.filter(({ actions }) => actions === undefined || actions.has(action));
  return { rules, mentions: allMentions(rules.map((rule) => rule.mentions)) };
}

/** Cedar leaves out a rule that fails: of a `forbid`, that would be a permission. So any error at all is a refusal. */
function evaluate(cedar: Cedar, { rules, mentions }: Part, question: PolicyQuestion): PolicyAnswer {
  const preparsedPolicySetId = slotOf(cedar, rules);
  const answer = cedar.statefulIsAuthorized({ preparsedPolicySetId, ...cedarRequest(question, mentions) });
  if (answer.type === 'failure') return failedBy([]);
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) return failedBy(diagnostics.errors.map(({ policyId }) => policyId));
  const allowed = decision === 'allow';
  const effect = allowed ? 'permit' : 'forbid';
  const deciding = rules.filter((rule) => rule.effect === effect && diagnostics.reason.includes(rule.id));
  if (deciding.length > 0) return answerBy(allowed, deciding);
  return allowed ? failedBy([]) : refusedBy(builtInRules.none);
}

function answerBy(allowed: boolean, deciding: readonly Rule[]): PolicyAnswer {
  const contact = deciding.find((rule) => rule.contact !== undefined)?.contact;
  const reasons = new Set(deciding.map(({ reason }) => reason));
  return {
    allowed,
    rules: deciding.map(({ id }) => id),
    reason: [...reasons].join(' '),
    ...(contact !== undefined && { contact }),
  };
}

function failedBy(failed: readonly string[]): PolicyAnswer {
  return { ...refusedBy(builtInRules.error), failed: [...new Set(failed)] };
}

function refusedBy({ id, reason }: { id: string; reason: string }): PolicyAnswer {
  return { allowed: false, rules: [id], reason };
}
