import type { FuzzCase } from './cases.ts';
import type { Finding } from './oracle.ts';
import type { Trial } from './trial.ts';

/** A case that something is wrong with. */
export interface Found {
  number: number;
  from: string;
  /** Those of its steps that it takes. */
  steps: readonly string[];
  password: string;
  bytes: Uint8Array;
  findings: readonly Finding[];
}

/** What some runs came to. */
export interface Tally {
  runs: number;
  /** How often the strict reader opened, or refused with a code. */
  strict: Record<string, number>;
  /** The same of the reader for files in hand. */
  inspect: Record<string, number>;
  /** Files that OpenSSL opened and used too. */
  proved: number;
  /** The slowest call without a derivation, and its case. */
  slowest: { ms: number; number: number };
  /** Bytes, on the heap and in buffers: held at the most, and more after a case than before at the most. */
  memory: { held: number; grown: number };
  found: Found[];
  /** How many cases had findings, those beyond the kept ones too. */
  wrong: number;
}

const mostKept = 50;

export function emptyTally(): Tally {
  return {
    runs: 0,
    strict: {},
    inspect: {},
    proved: 0,
    slowest: { ms: 0, number: 0 },
    memory: { held: 0, grown: 0 },
    found: [],
    wrong: 0,
  };
}

/** Counts one case in. */
export function count(tally: Tally, { number }: FuzzCase, trial: Trial): void {
  tally.runs += 1;
  tally.strict[trial.strict] = (tally.strict[trial.strict] ?? 0) + 1;
  tally.inspect[trial.inspect] = (tally.inspect[trial.inspect] ?? 0) + 1;
  if (trial.proved) tally.proved += 1;
  if (trial.slowestMs > tally.slowest.ms) tally.slowest = { ms: trial.slowestMs, number };
  tally.memory.grown = Math.max(tally.memory.grown, trial.grown);
}

export function keep(tally: Tally, found: Found): void {
  tally.wrong += 1;
  if (tally.found.length < mostKept) tally.found.push(found);
}

/** Adds one tally to another. */
export function add(tally: Tally, other: Tally): void {
  tally.runs += other.runs;
  for (const key of ['strict', 'inspect'] as const) {
    for (const [code, times] of Object.entries(other[key]))
      tally[key][code] = (tally[key][code] ?? 0) + times;
  }
  tally.proved += other.proved;
  if (other.slowest.ms > tally.slowest.ms) tally.slowest = other.slowest;
  tally.memory = {
    held: Math.max(tally.memory.held, other.memory.held),
    grown: Math.max(tally.memory.grown, other.memory.grown),
  };
  tally.found = [...tally.found, ...other.found].slice(0, mostKept);
  tally.wrong += other.wrong;
}
