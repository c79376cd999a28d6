import { InternalError } from '#domain/errors.ts';
import type { Cedar } from './load-cedar.ts';
import type { Rule } from './rules.ts';

/**
 * How many parts of policies, one for each action, are kept parsed: Cedar never gives back the memory of a name, but takes another part
 * under it. A part of thirty rules takes some 90 KB.
 */
export const mostSlots = 256;

/** Which part is parsed under which name, the one that was asked last standing last. */
const slotsOf = new WeakMap<Cedar, Map<readonly Rule[], string>>();

/**
 * The name that some rules are parsed under in this instance of Cedar; those that were not asked for the longest time give theirs.
 * @param rules also say whose slot it is: the same part of a policy is the same array
 * @throws InternalError `internal` if Cedar does not take what it took when the policy was read
 */
export function slotOf(cedar: Cedar, rules: readonly Rule[]): string {
  const slots = slotsOf.get(cedar) ?? new Map<readonly Rule[], string>();
  slotsOf.set(cedar, slots);
  const known = slots.get(rules);
  const [oldest] = slots;
  const full = slots.size >= mostSlots;
  const slot = known ?? (full && oldest !== undefined ? oldest[1] : `part-${slots.size}`);
  if (known === undefined) {
    parseInto(cedar, slot, rules);
    if (full && oldest !== undefined) slots.delete(oldest[0]);
  }
  slots.delete(rules);
  slots.set(rules, slot);
  return slot;
}

function parseInto(cedar: Cedar, slot: string, rules: readonly Rule[]): void {
  // Cedar calls each rule what we call it, so that its answer names rules as decisions do.
  const staticPolicies = Object.fromEntries(rules.map(({ id, text }) => [id, text]));
  const parsed = cedar.preparsePolicySet(slot, { staticPolicies });
  if (parsed.type === 'failure') throw new InternalError('internal', { cause: parsed.errors });
}
