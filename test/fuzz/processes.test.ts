import { expect, it } from 'vitest';
import { runInProcesses } from './processes.ts';
import type { Tally } from './tally.ts';

const settings = { seed: 1, corpus: [], iterationBudget: 10_000, proveOneIn: 500, slowMs: 100 };
const standIn = (name: string) => new URL(`./stand-ins/${name}.ts`, import.meta.url);
const findingsOf = ({ found }: Tally) => found.map(({ number, findings }) => [number, ...findings]);

it('finds the case that a process died of, and runs all others', async () => {
  const seen: number[] = [];
  const tally = await runInProcesses({
    settings,
    runs: 500,
    jobs: 2,
    script: standIn('dying'),
    progress: ({ runs }) => seen.push(runs),
  });
  expect(tally.runs).toBe(500);
  expect(tally.wrong).toBe(3);
  expect(findingsOf(tally).sort()).toEqual([
    [0, { kind: 'died', what: 'the process ended with 3 somewhere in cases 0 to 199' }],
    [300, { kind: 'opened', what: 'read modern' }],
    [7, { kind: 'died', what: 'the process ended with 3' }],
  ]);
  expect(seen.at(-1)).toBe(500);
});

it('does not wait for ever for a process that never answers', async () => {
  const work = { settings, runs: 1, jobs: 1, script: standIn('silent'), patienceMs: 50 };
  const tally = await runInProcesses(work);
  expect(findingsOf(tally)).toEqual([[0, { kind: 'died', what: 'the process ended with SIGKILL' }]]);
});

it('gives up where processes die again and again', async () => {
  const script = standIn('dead');
  const tally = await runInProcesses({ settings, runs: 1_000, jobs: 2, script });
  expect(tally.wrong).toBeGreaterThan(10);
  expect(tally.wrong).toBeLessThan(20);
});
