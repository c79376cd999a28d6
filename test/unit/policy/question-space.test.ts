import { describe, expect, it } from 'vitest';
import { policyActions } from '#domain/policy.ts';
import { questionOf } from '#domain/policy-document.ts';
import { roles } from '#domain/principal.ts';
import { compilePolicy } from '#policy/compile.ts';
import { questionSpace, questionsOf } from '#policy/question-space.ts';
import { permit, rule } from './policies.ts';

async function spaceOf(cedar: string, ...actions: (typeof policyActions)[number][]) {
  const { mentions } = await compilePolicy({ cedar });
  const space = questionSpace(mentions, actions.length === 0 ? policyActions : actions);
  return { space, facts: Array.from({ length: space.size }, (_unused, index) => space.at(index)) };
}

describe('the questions that there can be', () => {
  it('are few where a policy speaks of little: of each action, role and purpose', async () => {
    const { facts } = await spaceOf(rule('open', 'permit (principal, action, resource)'), 'Enroll');
    expect(facts).toHaveLength((1 + roles.length + 1) * 2);
    expect(new Set(facts.map((each) => JSON.stringify(each))).size).toBe(facts.length);
  });

  it('are of every action', async () => {
    const { facts } = await spaceOf(rule('open', 'permit (principal, action, resource)'));
    expect(new Set(facts.map(({ action }) => action))).toEqual(new Set(policyActions));
  });

  it.each([
    ['resource.assurance == "medium"', 'assurance', 3],
    ['resource.custody == "kms"', 'custody', 3],
    ['resource.keyBits > 1', 'keySpec', 6],
    ['resource.keyType == "EC"', 'keySpec', 6],
    ['resource has lock', 'lock', 4],
    ['resource has escrow', 'escrow', 2],
    ['resource.stage == "made"', 'stage', 2],
    ['context.profile == "pbmac1"', 'profile', 2],
    ['principal in Escrow::Group::"a" || principal in Escrow::Group::"b"', 'groups', 4],
    ['principal == Escrow::Person::"root"', 'subject', 2],
    ['resource has subscriber && resource.subscriber == Escrow::Person::"root"', 'subscriber', 4],
    ['principal in Escrow::Role::"auditor" && principal in Escrow::Role::"subscriber"', 'roles', 13],
  ] as const)('are more where it says %s: %s has %i values', async (condition, fact, count) => {
    const { facts } = await spaceOf(permit('asked', 'Export', condition), 'Export');
    expect(new Set(facts.map((each) => JSON.stringify(each[fact]))).size).toBe(count);
  });

  it('have few groups in every way together, and many one at a time, all, and all but one', async () => {
    const groupsOf = async (count: number) => {
      const each = Array.from({ length: count }, (_unused, at) => `principal in Escrow::Group::"${at}"`);
      const { facts } = await spaceOf(permit('a', 'Enroll', each.join(' || ')), 'Enroll');
      return new Set(facts.map(({ groups = [] }) => groups.join()));
    };
    expect(await groupsOf(3)).toEqual(new Set(['', '0', '1', '2', '0,1', '0,2', '1,2', '0,1,2']));
    expect((await groupsOf(6)).size).toBe(1 + 6 + 6 + 1);
  });

  it('have every length and number of agents where it reckons', async () => {
    const cedar = `${permit('a', 'SetPassword', 'context.length + 1 > 14')}${permit('b', 'ReleaseRecovered', 'context.agents >= 5')}`;
    const { facts } = await spaceOf(cedar);
    expect(new Set(facts.flatMap(({ length }) => length ?? [])).size).toBe(129);
    expect(new Set(facts.flatMap(({ agents }) => agents ?? [])).size).toBe(17);
  });

  it('have lengths and agents on both sides of the numbers that it names', async () => {
    const cedar = `${permit('a', 'SetPassword', 'context.length >= 14')}${permit('b', 'ReleaseRecovered', 'context.agents >= 5')}`;
    const { facts } = await spaceOf(cedar);
    expect(facts.map(({ length }) => length)).toEqual(expect.arrayContaining([0, 13, 14, 15, 128]));
    expect(facts.map(({ agents }) => agents)).toEqual(expect.arrayContaining([0, 1, 2, 4, 5, 6]));
  });

  it('know of no key before it is made', async () => {
    const { facts } = await spaceOf(
      permit('a', 'MakeKey', 'resource has lock || resource has exportable'),
      'MakeKey',
    );
    for (const each of facts) {
      expect(each.stage).toBe('requested');
      expect(each).not.toHaveProperty('exportable');
      expect(each).not.toHaveProperty('lock');
    }
  });

  it('have a password lock on an exportable key only', async () => {
    const { facts } = await spaceOf(permit('a', 'Export', 'resource has lock'), 'Export');
    for (const { exportable, lock } of facts) expect(exportable).toBe(lock !== 'resident');
  });

  it('can be taken in part, each once, from all over', async () => {
    const { space } = await spaceOf(
      permit('a', 'Export', 'resource.keyBits > 1 && resource.custody == "kms"'),
    );
    const some = [...questionsOf(space, 200)];
    expect(some).toHaveLength(200);
    expect(new Set(some.map(({ facts }) => JSON.stringify(facts))).size).toBe(200);
    expect(new Set(some.map(({ facts }) => facts.action)).size).toBeGreaterThan(8);
    expect(some[0]?.question).toEqual(questionOf(space.at(0)));
    expect([...questionsOf(space)]).toHaveLength(space.size);
  });

  it('end somewhere', async () => {
    const { space } = await spaceOf(permit('a', 'Enroll'));
    expect(() => space.at(space.size)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
