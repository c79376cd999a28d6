import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Arguments, readArguments, usage } from './arguments.ts';
import { caseOf } from './cases.ts';
import { type Base, makeCorpus } from './corpus.ts';
import { runInProcesses } from './processes.ts';
import { Progress, type Screen } from './progress.ts';
import { runRange } from './range.ts';
import { summaryOf, summaryText } from './report.ts';
import type { Found, Tally } from './tally.ts';
import { type TrialSettings, Trials } from './trial.ts';

/** What the command stands on; its own unless told. */
export interface Surroundings {
  stdout: Screen;
  stderr: Screen;
  corpus?: () => Promise<Base[]>;
  /** The module of the processes. */
  script?: URL;
}

const iterationBudget = 10_000;
const proveOneIn = 500;
const slowMs = 100;

/** `npm run fuzz`: see `usage`. @returns the exit status: 0 nothing found, 1 something found, 2 wrong usage */
export async function fuzz(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, corpus = makeCorpus } = surroundings;
  const given = readArguments(args);
  if (given === undefined) {
    stderr.write(`${usage}\n`);
    return 2;
  }
  const { seed, number, json, out } = given;
  const settings = { seed, corpus: await corpus(), iterationBudget, proveOneIn, slowMs };
  const start = performance.now();
  const tally =
    number === undefined ? await many(given, settings, surroundings) : await one(number, settings, stderr);
  const summary = summaryOf(tally, seed, (performance.now() - start) / 1_000);
  stdout.write(`${json ? JSON.stringify(summary) : summaryText(summary)}\n`);
  if (out !== undefined) await writeFound(out, tally.found, seed);
  return tally.wrong > 0 ? 1 : 0;
}

function many(
  { runs, jobs, seed }: Arguments,
  settings: TrialSettings,
  { stderr, script }: Surroundings,
): Promise<Tally> {
  stderr.write(`seed ${seed}, ${settings.corpus.length} files to change\n`);
  const progress = new Progress(runs, stderr);
  return runInProcesses({
    settings,
    runs,
    jobs,
    progress: (tally) => progress.show(tally),
    ...(script && { script }),
  });
}

/** Up to so many bytes are shown, in base64. */
const mostShown = 4_096;

async function one(number: number, settings: TrialSettings, stderr: Screen): Promise<Tally> {
  const { from, steps, bytes, password } = caseOf(number, settings);
  const told = [from, ...steps, `${bytes.length} bytes`, `password ${JSON.stringify(password)}`];
  stderr.write(`case ${number}: ${told.join('; ')}\n`);
  if (bytes.length <= mostShown) stderr.write(`${Buffer.from(bytes).toString('base64')}\n`);
  return await runRange(new Trials({ ...settings, proveOneIn: 1 }), number, number + 1);
}

async function writeFound(folder: string, found: readonly Found[], seed: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { bytes, ...facts } of found) {
    const name = join(folder, `seed-${seed}-case-${facts.number}`);
    await writeFile(`${name}.p12`, bytes);
    await writeFile(`${name}.json`, `${JSON.stringify(facts, null, 2)}\n`);
  }
}
