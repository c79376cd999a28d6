import { humanIterations, randomIterations } from '#crypto/pfx/write.ts';
import type { Mode, YardstickKind } from './yardsticks/yardstick.ts';

/** One comparison. */
export interface Row {
  name: string;
  reach: string;
  mode: Mode;
  /** Of each derivation of ours, and of the yardstick's where it can be told. */
  iterations: number;
  /** Files of ours for one of the yardstick's. */
  filesForOne: number;
  /** Files in one sample. */
  rounds: number;
  runs: number;
}

/** The counts that everything is measured at: a random passphrase's, one between, a human password's. */
export const counts = [randomIterations, 100_000, humanIterations] as const;

/** The results that have an aim, and a name of their own. */
const aims: Readonly<Record<string, { name: string; reach: string }>> = {
  [systematic('full', 'openssl', randomIterations)]: { name: 'escrow-vs-openssl', reach: '<=1.0' },
  [systematic('full', 'openssl', humanIterations)]: { name: 'export-vs-openssl', reach: '<=0.75' },
  [systematic('write', 'java', humanIterations)]: { name: 'export-vs-java', reach: '<=0.8' },
  [systematic('write', 'bouncycastle', humanIterations)]: { name: 'export-vs-bouncycastle', reach: '<=0.3' },
};

function systematic(mode: Mode, yardstick: string, iterations: number): string {
  return `${mode}-vs-${yardstick}-${iterations}`;
}

/** The systematic name of a result that has one of its own; else its name. */
export function systematicName(name: string): string {
  const own = Object.entries(aims).find(([, aim]) => aim.name === name);
  return own?.[0] ?? name;
}

/** What of a yardstick decides over its rows. */
export type Measurable = Pick<YardstickKind, 'name' | 'does' | 'fixedIterations' | 'isSlow'>;

/** The most iterations that our writer takes. */
const mostOfOurs = 300_000;

/** All comparisons with a yardstick: in each mode that it has, at each count that it can be told. */
export function rowsOf(yardstick: Measurable): Row[] {
  const modes: readonly Mode[] = ['write', 'open', 'full'];
  return modes
    .filter((mode) => yardstick.does[mode] !== undefined)
    .flatMap((mode) =>
      mode === 'write' && yardstick.fixedIterations !== undefined
        ? [fixedRow(yardstick.name, yardstick.fixedIterations)]
        : counts.map((iterations) => rowAt(mode, yardstick, iterations)),
    );
}

function rowAt(mode: Mode, { name: yardstick, isSlow = false }: Measurable, iterations: number): Row {
  const name = systematic(mode, yardstick, iterations);
  const aim = aims[name];
  return {
    ...(aim ?? { name, reach: 'none' }),
    ...{ mode, iterations, filesForOne: 1 },
    rounds: roundsAt(iterations, isSlow),
    runs: aim === undefined ? 9 : 21,
  };
}

/** Where its own count is beyond ours: as many files of ours as make up the same number of iterations. */
function fixedRow(yardstick: string, fixedIterations: number): Row {
  const filesForOne = Math.ceil(fixedIterations / mostOfOurs);
  const name = `write-vs-${yardstick}`;
  const iterations = fixedIterations / filesForOne;
  return { name, reach: 'none', mode: 'write', iterations, filesForOne, rounds: 1, runs: 9 };
}

/** As many as take some tens of milliseconds. */
function roundsAt(iterations: number, isSlow: boolean): number {
  if (iterations <= randomIterations) return isSlow ? 5 : 25;
  return iterations < humanIterations && !isSlow ? 2 : 1;
}
