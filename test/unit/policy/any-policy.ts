import fc from 'fast-check';
import { keySpecNames } from '#domain/key-spec.ts';
import { escrowKinds, lockKinds, policyActions, policyStages } from '#domain/policy.ts';
import { roles } from '#domain/principal.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';
import type { QuestionSpace } from '#policy/question-space.ts';

const word = (attribute: string, words: readonly string[]) =>
  fc
    .tuple(fc.constantFrom('==', '!='), fc.constantFrom(...words))
    .map(([is, each]) => `${attribute} ${is} "${each}"`);
const optional = (attribute: string, condition: fc.Arbitrary<string>) =>
  condition.map((each) => `resource has ${attribute} && ${each}`);
const compared = (left: string, numbers: readonly number[]) =>
  fc
    .tuple(fc.constantFrom('<', '<=', '==', '>=', '>'), fc.constantFrom(...numbers))
    .map(([is, number]) => `${left} ${is} ${number}`);

const atom = fc.oneof(
  word('resource.purpose', purposes),
  word('resource.assurance', assurances),
  word('resource.custody', custodies),
  word('resource.keySpec', keySpecNames),
  word('resource.keyType', ['RSA', 'EC']),
  word('resource.stage', policyStages),
  compared('resource.keyBits', [256, 384, 521, 2048, 3072]),
  fc.constant('resource has exportable && resource.exportable'),
  optional('lock', word('resource.lock', lockKinds)),
  optional('escrow', word('resource.escrow', escrowKinds)),
  fc.constant('resource has subscriber && resource.subscriber == principal'),
  fc.constantFrom(...roles).map((role) => `principal in Escrow::Role::"${role}"`),
  fc.constantFrom('payroll', 'board').map((group) => `principal in Escrow::Group::"${group}"`),
  fc.constantFrom('true', 'principal == Escrow::Person::"root"'),
  fc.constant('context has thirdParty && context.thirdParty'),
  compared('context has agents && context.agents', [0, 1, 2]),
  compared('context has length && context.length', [8, 12, 128]),
);

const condition = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    atom,
    tie('any').map((each) => `!(${each})`),
    fc
      .tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any'))
      .map(([a, and, b]) => `(${a}) ${and} (${b})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
  ),
})).any;

const scopeOfAction = fc.oneof(
  { weight: 2, arbitrary: fc.constant('action') },
  {
    weight: 5,
    arbitrary: fc.constantFrom(...policyActions).map((action) => `action == Escrow::Action::"${action}"`),
  },
  {
    weight: 2,
    arbitrary: fc
      .subarray([...policyActions], { minLength: 1 })
      .map((several) => `action in [${several.map((action) => `Escrow::Action::"${action}"`).join(', ')}]`),
  },
);

const scopeOfPrincipal = fc.oneof(
  { weight: 3, arbitrary: fc.constant('principal') },
  fc.constantFrom(...roles).map((role) => `principal in Escrow::Role::"${role}"`),
);

/** A rule without name and reason. */
const anyRule = (effect: 'permit' | 'forbid') =>
  fc
    .tuple(
      scopeOfPrincipal,
      scopeOfAction,
      fc.option(condition, { freq: 3 }),
      fc.constantFrom('when', 'unless'),
    )
    .map(([principal, action, clause, kind]) => {
      const scope = `${effect} (${principal}, ${action}, resource)`;
      return clause === null ? scope : `${scope} ${kind} { ${clause} }`;
    });

const textOf = (rules: readonly string[], prefix: string) =>
  rules.map((each, index) => `@id("${prefix}-${index}") @reason("So.") ${each};\n`).join('');

/** Rules that permit and rules that forbid, over all that the schema has. */
export const anyPermits = fc
  .array(anyRule('permit'), { minLength: 1, maxLength: 6 })
  .map((rules) => textOf(rules, 'p'));
export const anyForbids = fc.array(anyRule('forbid'), { maxLength: 4 }).map((rules) => textOf(rules, 'f'));

/** Everything is permitted, and what comes of it. */
export const openPolicy = '@id("open") @reason("So.") permit (principal, action, resource);\n';
export const anyPolicy = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: anyPermits }, fc.constant(openPolicy)), anyForbids)
  .map(([permits, forbids]) => `${permits}${forbids}`);

/** Some questions of a space. */
export function someOf(space: QuestionSpace, count: number) {
  return fc
    .array(fc.nat({ max: space.size - 1 }), { minLength: count, maxLength: count })
    .map((indexes) => indexes.map((index) => space.at(index)));
}
