import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export const usage = `usage: npm run fuzz -- --runs N [--seed S] [--jobs J] [--out DIR] [--json]
       npm run fuzz -- --seed S --case K [--out DIR] [--json]

  --runs N   how many files are made and read
  --seed S   a whole number; the same seed makes the same files (chosen and printed unless told)
  --case K   makes file K of the seed again, alone, and says what became of it
  --jobs J   how many processes; as many as there are processors unless told
  --out DIR  writes each file that something is wrong with, and what, into a folder
  --json     the summary as JSON

Exit status: 0 nothing found, 1 something found, 2 wrong usage.`;

/** What the command line asks for. */
export interface Arguments {
  runs: number;
  seed: number;
  /** One case alone. */
  number: number | undefined;
  jobs: number;
  out: string | undefined;
  json: boolean;
}

/** @returns undefined for wrong usage */
export function readArguments(args: readonly string[]): Arguments | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        runs: { type: 'string' },
        seed: { type: 'string' },
        case: { type: 'string' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const { runs, seed, case: number, jobs, out, json } = values;
    const exactlyOne = (runs === undefined) !== (number === undefined);
    if (!exactlyOne || (number !== undefined && seed === undefined)) return undefined;
    return {
      runs: runs === undefined ? 1 : natural(runs, 1),
      seed: seed === undefined ? Date.now() % 1_000_000_000 : natural(seed, 0),
      number: number === undefined ? undefined : natural(number, 0),
      jobs: natural(jobs, 1),
      out,
      json,
    };
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws RangeError for anything but a whole number, not below the least */
function natural(text: string, least: number): number {
  const number = /^\d{1,12}$/.test(text) ? Number(text) : -1;
  if (number < least) throw new RangeError('not such a number');
  return number;
}
