import { AwsRun } from './run.ts';
import type { Tally } from './tally.ts';
import { expectWhole } from './whole.ts';
import type { AwsWorld } from './world.ts';

/** Names the one seed to run, where somebody looks for the cause of a failure. */
export const seedVariable = 'ESCROW_FAULT_SEED';

/** How much of a run's story goes with its failure. */
const lastLines = 60;

/**
 * Lets a run live for each seed, and expects it to end whole.
 * @throws Error that names the seed, with the end of its story and the cause; the whole story where only one seed is run
 */
export async function runSeeds(world: AwsWorld, seeds: readonly number[], tally: Tally): Promise<void> {
  for (const seed of seeds) {
    const run = new AwsRun(world, seed);
    try {
      await run.live();
      await expectWhole(world, run);
    } catch (cause) {
      const story = process.env[seedVariable] === undefined ? run.story.slice(-lastLines) : run.story;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const alone = `${seedVariable}=${seed} npx vitest run test/e2e/aws-faults/first-half.test.ts`;
      throw new Error(`seed ${seed}: ${reason}\nIt runs alone by: ${alone}\n${story.join('\n')}`, { cause });
    }
    tally.addAll(run.tally);
    for (const { type } of run.watch.borne) tally.add(type);
  }
}

/** From the first to the last, in blocks; or the one that the environment names. */
export function blocksOf(first: number, last: number, size: number): number[][] {
  const only = process.env[seedVariable];
  if (only !== undefined) return [[Number(only)]];
  const count = Math.ceil((last - first + 1) / size);
  return Array.from({ length: count }, (_, block) =>
    Array.from(
      { length: Math.min(size, last + 1 - first - block * size) },
      (_seed, at) => first + block * size + at,
    ),
  );
}
