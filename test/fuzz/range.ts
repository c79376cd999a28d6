import type { FuzzCase } from './cases.ts';
import { count, emptyTally, type Found, keep, type Tally } from './tally.ts';
import { memoryHeld, type Trial, type Trials } from './trial.ts';

/** Runs cases, one after the other. @param to not included */
export async function runRange(trials: Trials, from: number, to: number): Promise<Tally> {
  const tally = emptyTally();
  for (let number = from; number < to; number++) {
    const { fuzzCase, trial } = await trials.run(number);
    count(tally, fuzzCase, trial);
    if (trial.findings.length > 0) keep(tally, await minimized(trials, fuzzCase, trial));
  }
  tally.memory.held = memoryHeld();
  return tally;
}

/** The case with those steps left out that its finding does not need. */
async function minimized(trials: Trials, fuzzCase: FuzzCase, trial: Trial): Promise<Found> {
  let least = { fuzzCase, trial };
  let steps = [...fuzzCase.steps.keys()];
  for (const step of fuzzCase.steps.keys()) {
    const fewer = steps.filter((each) => each !== step);
    const again = await trials.run(fuzzCase.number, fewer);
    if (!sameFindings(again.trial, trial)) continue;
    steps = fewer;
    least = again;
  }
  const { number, from, password, bytes } = least.fuzzCase;
  return { number, from, steps: least.fuzzCase.steps, password, bytes, findings: least.trial.findings };
}

/** Whether the other finds all that the one does. */
function sameFindings(other: Trial, one: Trial): boolean {
  const kinds = new Set(other.findings.map(({ kind }) => kind));
  return one.findings.every(({ kind }) => kinds.has(kind));
}
