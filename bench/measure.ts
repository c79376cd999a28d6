import type { Result } from './result.ts';

/** Takes one sample: how long, or how much, in a unit that both sides of a comparison share. */
export type Sample = () => Promise<number>;

/** What is known of a measurement before it is made. */
export interface Claim {
  name: string;
  runs: number;
  reach: string;
  yardstick: string;
}

/** How many untimed samples come first: compilers, caches and worker threads get ready. */
const warmUps = 2;

/**
 * Measures ours against a yardstick in one process run. Each run takes one sample of both, in turns as to which goes
 * first, so that whatever else the machine does meets both alike; the ratio is taken run by run.
 * @returns the ratio ours / yardstick
 */
export async function compare(claim: Claim, ours: Sample, yardstick: Sample): Promise<Result> {
  await warmUp(ours);
  await warmUp(yardstick);
  const ratios: number[] = [];
  for (let run = 0; run < claim.runs; run++) {
    ratios.push(run % 2 === 0 ? await ratioOursFirst(ours, yardstick) : await ratioOursLast(ours, yardstick));
  }
  return summarize(claim, 'ratio', ratios);
}

/** Measures ours alone, against a fixed limit. */
export async function measure(claim: Claim, unit: string, ours: Sample): Promise<Result> {
  await warmUp(ours);
  const samples: number[] = [];
  for (let run = 0; run < claim.runs; run++) samples.push(await ours());
  return summarize(claim, unit, samples);
}

/**
 * The value below which a share of the samples lies, interpolated between neighbours (the usual definition, type 7 of
 * Hyndman and Fan).
 * @param share 0 to 1
 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

async function warmUp(sample: Sample): Promise<void> {
  for (let round = 0; round < warmUps; round++) await sample();
}

async function ratioOursFirst(ours: Sample, yardstick: Sample): Promise<number> {
  const numerator = await ours();
  return numerator / (await yardstick());
}

async function ratioOursLast(ours: Sample, yardstick: Sample): Promise<number> {
  const denominator = await yardstick();
  return (await ours()) / denominator;
}

function summarize({ name, reach, yardstick }: Claim, unit: string, samples: readonly number[]): Result {
  return {
    name,
    value: rounded(quantile(samples, 0.5)),
    low: rounded(quantile(samples, 0.25)),
    high: rounded(quantile(samples, 0.75)),
    runs: samples.length,
    unit,
    reach,
    yardstick,
  };
}

/** To four significant digits; more would say more than was measured. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
