import { describe, expect, it } from 'vitest';
import { holdFloors } from '#domain/floors.ts';
import { questionOf } from '#domain/policy-document.ts';
import { checkPolicy } from '#policy/check.ts';
import { compilePolicy } from '#policy/compile.ts';
import { policySchema } from '#policy/schema.ts';
import { defaultPolicy, policyFile } from './policies.ts';

describe.each(['general', 'federal'] as const)('the policy %s', (name) => {
  const document = defaultPolicy(name);
  const compiled = compilePolicy(document);

  it.each(document.tests.map((test) => [`${test.action}: ${test.name}`, test] as const))(
    '%s',
    async (_name, test) => {
      const question = questionOf(test);
      const answer = holdFloors(question, await (await compiled).decide(question));
      expect(answer).toEqual({
        allowed: test.expect === 'allowed',
        rules: test.rules,
        reason: test.reason,
      });
    },
  );

  it('is good', async () => {
    expect(await checkPolicy(document)).toEqual([]);
  });

  it('has a test for each of its rules', async () => {
    const tested = document.tests.flatMap(({ rules = [] }) => rules);
    const { rules } = await compiled;
    expect(rules.map(({ id }) => id).filter((id) => !tested.includes(id))).toEqual([]);
  });
});

it('the default policies answer at least sixty questions together', () => {
  const questions = (['general', 'federal'] as const).flatMap((name) => defaultPolicy(name).tests);
  expect(questions.length).toBeGreaterThanOrEqual(60);
});

it('the schema for editors is the one that policies are held to', () => {
  expect(policyFile('schema.cedarschema')).toBe(policySchema);
});
