import { InternalError } from '#domain/errors.ts';
import type { Cedar } from './load-cedar.ts';
import type { Rule } from './rules.ts';

/**
 * How many parts of policies, one for each action, are kept parsed, and how long they may be together, in characters: Cedar never gives
 * back the memory that it took, but takes another part in the place of one. A part of thirty rules takes some 90 KB; a list of numbers,
 * the worst, twenty times its length.
 */
export const mostSlots = { parts: 256, length: 2_097_152 } as const;

interface Slot {
  name: string;
  length: number;
}

/** What is parsed in an instance of Cedar: each part in its slot, the one that was asked last standing last; and slots that are empty. */
interface Slots {
  taken: Map<readonly Rule[], Slot>;
  length: number;
  free: string[];
}

const slotsOf = new WeakMap<Cedar, Slots>();

/**
 * The name that some rules are parsed under in this instance of Cedar; those that were not asked for the longest time give theirs.
 * @param rules also say whose slot it is: the same part of a policy is the same array
 * @throws InternalError `internal` if Cedar does not take what it took when the policy was read
 */
export function slotOf(cedar: Cedar, rules: readonly Rule[]): string {
  const slots = slotsOf.get(cedar) ?? { taken: new Map(), length: 0, free: [] };
  slotsOf.set(cedar, slots);
  const slot = slots.taken.get(rules) ?? parsed(cedar, slots, rules);
  slots.taken.delete(rules);
  slots.taken.set(rules, slot);
  return slot.name;
}

function parsed(cedar: Cedar, slots: Slots, rules: readonly Rule[]): Slot {
  const length = rules.reduce((sum, { text }) => sum + text.length, 0);
  makeRoom(cedar, slots, length);
  const name = slots.free.pop() ?? `part-${slots.taken.size}`;
  try {
    parseInto(cedar, name, rules);
  } catch (error) {
    slots.free.push(name);
    throw error;
  }
  slots.length += length;
  return { name, length };
}

function makeRoom(cedar: Cedar, slots: Slots, length: number): void {
  for (const [rules, slot] of slots.taken) {
    if (slots.taken.size < mostSlots.parts && slots.length + length <= mostSlots.length) return;
    parseInto(cedar, slot.name, []);
    slots.taken.delete(rules);
    slots.length -= slot.length;
    slots.free.push(slot.name);
  }
}

function parseInto(cedar: Cedar, slot: string, rules: readonly Rule[]): void {
  // Cedar calls each rule what we call it, so that its answer names rules as decisions do.
  const staticPolicies = Object.fromEntries(rules.map(({ id, text }) => [id, text]));
  const answer = cedar.preparsePolicySet(slot, { staticPolicies });
  if (answer.type === 'failure') throw new InternalError('internal', { cause: answer.errors });
}
