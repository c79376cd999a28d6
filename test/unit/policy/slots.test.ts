import { describe, expect, it } from 'vitest';
import { type Cedar, loadCedar } from '#policy/load-cedar.ts';
import { type Rule, readRules } from '#policy/rules.ts';
import { mostSlots, slotOf } from '#policy/slots.ts';
import { permit } from './policies.ts';

/** Cedar that remembers what it was given: the texts under each name. */
async function cedarWith(answer: 'success' | 'failure' = 'success') {
  const held = new Map<string, string[]>();
  const cedar: Cedar = {
    ...(await loadCedar()),
    preparsePolicySet(name, { staticPolicies = {} }) {
      held.set(name, Object.values(staticPolicies).map(String));
      return answer === 'success' ? { type: 'success' } : { type: 'failure', errors: [] };
    },
  };
  const length = () => [...held.values()].flat().reduce((sum, text) => sum + text.length, 0);
  return { cedar, held, length };
}

async function rulesOf(characters: number): Promise<Rule[]> {
  return (await readRules(permit('long', 'Escrow', `principal.subject != "${'a'.repeat(characters)}"`)))
    .rules;
}

describe('parts of policies that are kept parsed', () => {
  it('are not parsed again, and each has its own name', async () => {
    const { cedar, held } = await cedarWith();
    const parts = await Promise.all([rulesOf(1), rulesOf(2), rulesOf(3)]);
    const names = parts.map((rules) => slotOf(cedar, rules));
    expect(new Set(names).size).toBe(3);
    held.clear();
    expect(parts.map((rules) => slotOf(cedar, rules))).toEqual(names);
    expect(held.size).toBe(0);
  });

  it('give way, the one that was not asked for the longest time first, where they are too long together', async () => {
    const { cedar, held, length } = await cedarWith();
    const rules = await rulesOf(60_000);
    const count = Math.ceil(mostSlots.length / 60_000) + 5;
    const parts = Array.from({ length: count }, () => [...rules]);
    const [first = rules, second = rules] = parts;
    for (const part of parts) {
      slotOf(cedar, part);
      slotOf(cedar, first);
      expect(length()).toBeLessThanOrEqual(mostSlots.length);
    }
    const before = slotOf(cedar, first);
    held.clear();
    expect(slotOf(cedar, first)).toBe(before);
    expect(held.size).toBe(0);
    slotOf(cedar, second);
    expect(held.size).toBeGreaterThan(0);
  });

  it('are no more than there are names, and names are used again', async () => {
    const { cedar, held } = await cedarWith();
    const rules = await rulesOf(1);
    for (let index = 0; index < mostSlots.parts * 2; index += 1) slotOf(cedar, [...rules]);
    expect(held.size).toBe(mostSlots.parts);
  });

  it('have their name for another where Cedar does not take them', async () => {
    const { cedar, held } = await cedarWith('failure');
    const rules = await rulesOf(1);
    for (let index = 0; index < 3; index += 1) {
      expect(() => slotOf(cedar, [...rules])).toThrow(expect.objectContaining({ code: 'internal' }));
    }
    expect([...held.keys()]).toEqual(['part-0']);
  });
});
