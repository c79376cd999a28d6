import { setImmediate } from 'node:timers/promises';
import type { PolicyAction, PolicyQuestion } from '#domain/policy.ts';
import type { CompiledPolicy, PolicyAnswer } from './compile.ts';
import type { Finding } from './finding.ts';

/** So many milliseconds of asking, and whatever else waits has its turn. */
const atOnce = 20;

/**
 * What a check may cost, in characters of rules that are evaluated: some seconds. A question costs something itself, and each rule that
 * may speak of it by its length: long lists are made anew each time.
 */
const most = 300_000_000;
const ofQuestion = 2000;

/** Asks a policy many questions, for as long as that takes no longer than it should. */
export class Inquiry {
  #effort = 0;
  #since = performance.now();
  readonly #most: number;
  readonly #costs = new WeakMap<CompiledPolicy, Map<PolicyAction, number>>();

  /** @param effort what it may cost at most */
  constructor(effort = most) {
    this.#most = effort;
  }

  /** Whether more was asked than should be: what is asked from now on is too much. */
  get isTooLong(): boolean {
    return this.#effort > this.#most;
  }

  /** Throws as `CompiledPolicy.decide`. */
  async ask(policy: CompiledPolicy, question: PolicyQuestion): Promise<PolicyAnswer> {
    this.#effort += this.#costOf(policy, question.action);
    const answer = await policy.decide(question);
    if (performance.now() - this.#since < atOnce) return answer;
    await setImmediate();
    this.#since = performance.now();
    return answer;
  }

  #costOf(policy: CompiledPolicy, action: PolicyAction): number {
    const costs = this.#costs.get(policy) ?? new Map<PolicyAction, number>();
    this.#costs.set(policy, costs);
    const cost = costs.get(action) ?? evaluated(policy, action) + ofQuestion;
    costs.set(action, cost);
    return cost;
  }
}

function evaluated({ rules }: CompiledPolicy, action: PolicyAction): number {
  const asked = rules.filter(({ actions }) => actions === undefined || actions.has(action));
  return asked.reduce((sum, { text }) => sum + text.length, 0);
}

/** Of a policy that cannot be tried out in the time there is. */
export const tooLong: Finding = {
  code: 'too-much',
  file: 'policy.cedar',
  why: 'To try out all that could be asked of it would take too long.',
  next: 'Shorten its longest rules and lists, and name the actions that a rule is about.',
};
