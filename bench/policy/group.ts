import { readFile } from 'node:fs/promises';
import type { PolicyQuestion } from '#domain/policy.ts';
import { questionOf } from '#domain/policy-document.ts';
import { compilePolicy } from '#policy/compile.ts';
import { readDocument } from '#policy/read-document.ts';
import { measure } from '../measure.ts';
import type { Group } from '../result.ts';

const folder = new URL('../../policies/federal/', import.meta.url);

/** How many rounds over all questions make one sample. */
const rounds = 20;

/** One decision by a policy that is loaded: the larger of those that this software brings, asked all its own questions. */
export const policy: Group = async (report) => {
  const [cedar, tests] = await Promise.all(
    ['policy.cedar', 'tests.json'].map((name) => readFile(new URL(name, folder))),
  );
  const { document } = { document: undefined, ...readDocument(cedar ?? Buffer.of(), tests ?? Buffer.of()) };
  if (document === undefined) throw new Error('the policy federal cannot be read');
  const compiled = await compilePolicy(document);
  const questions = document.tests.map(questionOf);
  const claim = {
    name: 'policy-decision-us',
    runs: 25,
    reach: '<=250',
    yardstick: `a fixed limit; ${compiled.rules.length} rules, ${questions.length} questions in turn`,
  };
  report.result(await measure(claim, 'us', () => decisionMicroseconds(compiled, questions)));
};

async function decisionMicroseconds(
  compiled: Awaited<ReturnType<typeof compilePolicy>>,
  questions: readonly PolicyQuestion[],
): Promise<number> {
  const start = performance.now();
  for (let round = 0; round < rounds; round++) {
    for (const question of questions) await compiled.decide(question);
  }
  return ((performance.now() - start) * 1000) / (rounds * questions.length);
}
