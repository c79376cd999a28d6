import { expect, it } from 'vitest';
import { makeCorpus } from './corpus.ts';
import { runRange } from './range.ts';
import { findingText } from './report.ts';
import { Trials } from './trial.ts';

const seed = 20_260_101;

it(`finds nothing in a thousand files that nobody thought of (seed ${seed})`, async () => {
  const corpus = await makeCorpus();
  // No test asserts a time: `npm run fuzz` does.
  const slowMs = Number.POSITIVE_INFINITY;
  const trials = new Trials({ seed, corpus, iterationBudget: 10_000, proveOneIn: 20, slowMs });
  const { runs, strict, inspect, proved, found } = await runRange(trials, 0, 1_000);
  expect(found.map(findingText)).toEqual([]);
  expect(runs).toBe(1_000);
  // It came to most of what a reader can say, and opened a good part.
  expect(Object.keys(strict).length).toBeGreaterThan(10);
  expect(strict['opened']).toBeGreaterThan(50);
  expect(inspect['opened']).toBeGreaterThan(150);
  expect(proved).toBeGreaterThan(0);
});
