import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdFloors } from '#domain/floors.ts';
import type { PolicyQuestion } from '#domain/policy.ts';
import { type PolicyFacts, questionOf } from '#domain/policy-document.ts';
import { checkSchema } from '#policy/check-schema.ts';
import { type CompiledPolicy, compilePolicy } from '#policy/compile.ts';
import { withCedar } from '#policy/load-cedar.ts';
import { type Mentions, mentionsOf } from '#policy/mentions.ts';
import { questionSpace } from '#policy/question-space.ts';
import { cedarRequest } from '#policy/request.ts';
import { readRules } from '#policy/rules.ts';
import { anyForbids, anyPermits, anyPolicy, openPolicy, someOf } from './any-policy.ts';

/** As if a policy spoke of everything: every attribute varies. */
const everything: Mentions = {
  ...mentionsOf({}),
  attributes: new Set(
    'assurance custody keySpec stage lock escrow subscriber profile length subject'.split(' '),
  ),
  numbers: new Set([8, 12, 14]),
  entities: new Map([
    ['Group', new Set(['payroll', 'board'])],
    ['Person', new Set(['root'])],
  ]),
};
const space = questionSpace(everything);
const known = {
  attributes: new Set([...everything.attributes, 'purpose', 'keyType', 'keyBits', 'exportable']),
};
const questions = someOf(space, 12);

/** Cedar's own answer: every rule, every attribute. */
async function wholly(rules: CompiledPolicy['rules'], question: PolicyQuestion) {
  const staticPolicies = Object.fromEntries(rules.map(({ id, text }) => [id, text]));
  const answer = await withCedar((cedar) => {
    cedar.preparsePolicySet('whole', { staticPolicies });
    return cedar.statefulIsAuthorized({ preparsedPolicySetId: 'whole', ...cedarRequest(question, known) });
  });
  if (answer.type === 'failure') throw new TypeError(JSON.stringify(answer.errors));
  return answer.response;
}

async function ask(policy: CompiledPolicy, facts: readonly PolicyFacts[]) {
  return await Promise.all(facts.map(async (each) => policy.decide(questionOf(each))));
}

/** What no policy may permit, said again and not taken from the floors. */
function mayNever({ action, principal, resource, context }: PolicyQuestion): boolean {
  const identity = resource.purpose === 'identity';
  const { roles } = principal;
  return (
    (action === 'Escrow' && identity) ||
    (action === 'LockByNothing' && identity) ||
    ((action === 'Export' || action === 'ExportCompatible') && resource.exportable === false) ||
    (action === 'ReleaseRecovered' && context?.thirdParty === true && (context.agents ?? 0) < 2) ||
    (['ApproveRecovery', 'ReleaseRecovered'].includes(action) && roles.join() === 'auditor')
  );
}

describe('whatever a policy says', () => {
  it('no permission crosses a floor', async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, questions, async (cedar, asked) => {
        const answers = await ask(await compilePolicy({ cedar }), asked);
        for (const [index, facts] of asked.entries()) {
          const question = questionOf(facts);
          const answer = answers[index];
          if (answer === undefined || !holdFloors(question, answer).allowed) continue;
          expect(mayNever(question), JSON.stringify(facts)).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('no permission of a policy that permits everything crosses a floor, for any kind of question', async () => {
    const open = await compilePolicy({ cedar: openPolicy });
    let [crossed, allowed] = [0, 0];
    for (let index = 0; index < space.size; index += 4001) {
      const question = questionOf(space.at(index));
      const held = holdFloors(question, await open.decide(question));
      if (mayNever(question)) crossed += 1;
      else allowed += 1;
      expect(held.allowed, JSON.stringify(question)).toBe(!mayNever(question));
    }
    expect(Math.min(crossed, allowed)).toBeGreaterThan(20);
  });

  it('it fits the schema, so that it fails on no question, and each answer names a rule of it', async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, questions, async (cedar, asked) => {
        const { rules } = await readRules(cedar);
        expect(await checkSchema(cedar, rules)).toEqual([]);
        const known = ['no-rule-permits', ...rules.map(({ id }) => id)];
        for (const answer of await ask(await compilePolicy({ cedar }), asked)) {
          expect(answer.rules.length).toBeGreaterThan(0);
          for (const id of answer.rules) expect(known).toContain(id);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('it is answered as Cedar answers of the whole text, with all that is known of the question', async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, questions, async (cedar, asked) => {
        const policy = await compilePolicy({ cedar });
        for (const facts of asked) {
          const question = questionOf(facts);
          const { decision, diagnostics } = await wholly(policy.rules, question);
          const answer = await policy.decide(question);
          expect(answer.allowed).toBe(decision === 'allow');
          const rules = diagnostics.reason.length === 0 ? ['no-rule-permits'] : diagnostics.reason;
          expect([...answer.rules].sort()).toEqual([...rules].sort());
        }
      }),
      { numRuns: 40 },
    );
  });

  it('two evaluations of a question agree, in whatever order the rules stand', async () => {
    await fc.assert(
      fc.asyncProperty(anyPermits, anyForbids, questions, async (permits, forbids, asked) => {
        const one = await compilePolicy({ cedar: permits + forbids });
        const other = await compilePolicy({ cedar: forbids + permits });
        const first = await ask(one, asked);
        expect(await ask(one, [...asked].reverse())).toEqual([...first].reverse());
        const sorted = (answers: typeof first) =>
          answers.map(({ allowed, rules }) => ({ allowed, rules: [...rules].sort() }));
        expect(sorted(await ask(other, asked))).toEqual(sorted(first));
      }),
      { numRuns: 40 },
    );
  });

  it('a rule that forbids never loses, and one that permits never takes a permission away', async () => {
    await fc.assert(
      fc.asyncProperty(anyPermits, anyForbids, questions, async (permits, forbids, asked) => {
        const together = await ask(await compilePolicy({ cedar: permits + forbids }), asked);
        const permitted = await ask(await compilePolicy({ cedar: permits }), asked);
        // Alone, what is not forbidden is what anybody may.
        const notForbidden = await ask(await compilePolicy({ cedar: openPolicy + forbids }), asked);
        for (const [index, answer] of together.entries()) {
          const both = permitted[index]?.allowed === true && notForbidden[index]?.allowed === true;
          expect(answer.allowed).toBe(both);
          if (notForbidden[index]?.allowed === false) {
            expect(answer.rules).toEqual(notForbidden[index].rules);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
