import type { Found, Tally } from './tally.ts';

export interface Summary extends Omit<Tally, 'found'> {
  seed: number;
  seconds: number;
  findings: Omit<Found, 'bytes' | 'password'>[];
}

export function summaryOf({ found, ...tally }: Tally, seed: number, seconds: number): Summary {
  const findings = found.map(({ number, from, steps, findings: all }) => ({
    number,
    from,
    steps,
    findings: all,
  }));
  return { seed, seconds, ...tally, findings };
}

/** The summary for a person. */
export function summaryText(summary: Summary): string {
  const { seed, seconds, runs, strict, inspect, proved, slowest, memory, wrong, findings } = summary;
  return [
    `${whole(runs)} runs in ${seconds.toFixed(1)} s (${whole(runs / Math.max(seconds, 0.001))} a second), seed ${seed}`,
    `strict reader:             ${counts(strict)}`,
    `reader for files in hand:  ${counts(inspect)}`,
    `opened by OpenSSL too:     ${whole(proved)} of a sample`,
    `slowest without deriving:  ${slowest.ms.toFixed(1)} ms, case ${slowest.number}`,
    `memory:                    ${mebibytes(memory.held)} held at the most, ${mebibytes(memory.grown)} more after one case at the most`,
    wrong === 0 ? 'findings:                  none' : `findings:                  ${whole(wrong)} cases`,
    ...findings.map(findingText),
  ].join('\n');
}

/** One case with findings, for a person. */
export function findingText({ number, from, steps, findings }: Summary['findings'][number]): string {
  const what = findings.map(({ kind, what: told }) => `  ${kind}: ${told}`);
  return [`case ${number}: ${[from, ...steps].join('; ')}`, ...what].join('\n');
}

function counts(of: Readonly<Record<string, number>>): string {
  const inOrder = Object.entries(of).sort(([, a], [, b]) => b - a);
  return inOrder.map(([code, times]) => `${code} ${whole(times)}`).join(', ');
}

const whole = (number: number) => Math.round(number).toLocaleString('en');
const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`;
