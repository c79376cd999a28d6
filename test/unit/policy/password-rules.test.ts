import { expect, it } from 'vitest';
import { questionOf } from '#domain/policy-document.ts';
import { compilePolicy } from '#policy/compile.ts';
import { passwordRulesOf } from '#policy/password-rules.ts';
import { defaultPolicy, permit } from './policies.ts';

const question = questionOf({ action: 'SetPassword', purpose: 'encryption', roles: ['subscriber'] });

it.each([
  ['general', { minimumLength: 12, maximumLength: 128 }],
  ['federal', { minimumLength: 14, maximumLength: 128 }],
] as const)('the policy %s says how long a password is', async (name, expected) => {
  expect(await passwordRulesOf(await compilePolicy(defaultPolicy(name)), question)).toEqual(expected);
});

it('a policy that lets nobody set one says so', async () => {
  const policy = await compilePolicy({ cedar: permit('long', 'SetPassword', 'context.length > 128') });
  expect(await passwordRulesOf(policy, question)).toBeUndefined();
});
