import { type Claim, compare, measure, type Sample } from '../measure.ts';
import type { Report } from '../result.ts';
import { checkFacts, modernFacts } from './facts.ts';
import { timeOurs, writeOurs } from './ours.ts';
import type { Row } from './plan.ts';
import type { Subject } from './subject.ts';
import type { Yardstick, YardstickKind } from './yardsticks/yardstick.ts';

/** A comparison with all that takes part in it. */
interface Comparison extends Row {
  kind: YardstickKind;
  yardstick: Yardstick;
  subject: Subject;
}

/**
 * Runs one comparison: looks whether both sides write what they should, then measures. Beside OpenSSL in C, which does
 * each mode at each count, our own time in milliseconds is told, too.
 */
export async function runRow(report: Report, row: Comparison): Promise<void> {
  const { name, runs, reach, kind, yardstick, subject, iterations, filesForOne } = row;
  await checkBoth(row);
  const work = { ...row, pfx: await writeOurs(subject, iterations) };
  report.message(`${name}: ${runs} runs of ${row.rounds}`);
  const milliseconds: number[] = [];
  const ours = async () => {
    const nanoseconds = await timeOurs(subject, { ...work, rounds: work.rounds * filesForOne });
    milliseconds.push(nanoseconds / 1e6);
    return nanoseconds * filesForOne;
  };
  const claim = { name, runs, reach, yardstick: describe(row) };
  report.result(await compare(claim, ours, () => yardstick.time(work)));
  if (kind.name === 'openssl') report.result(await alone(row, milliseconds));
}

/** A comparison with a file that says less than ours would say nothing. */
async function checkBoth({ kind, yardstick, subject, mode, iterations }: Comparison): Promise<void> {
  const { password } = subject;
  const ours = { pfx: await writeOurs(subject, iterations), expected: modernFacts(iterations) };
  await checkFacts('ours', { ...ours, password });
  if (mode === 'open') return;
  const count = kind.fixedIterations ?? iterations;
  const theirs = { pfx: await yardstick.write(count), expected: kind.facts(count) };
  await checkFacts(kind.name, { ...theirs, password });
}

function describe({ kind, yardstick, mode, iterations, filesForOne }: Comparison): string {
  const own = `its own 3 x ${kind.fixedIterations} iterations, against ${filesForOne} files of ours of 3 x ${iterations}`;
  const told = mode === 'open' ? `our file of 3 x ${iterations} iterations` : `3 x ${iterations} iterations`;
  const counts = mode === 'write' && kind.fixedIterations !== undefined ? own : told;
  return `${yardstick.version}: ${kind.does[mode]}; RSA-2048, ${counts}, wall time`;
}

/** What the comparison took of ours. Its first samples were the warm-up there, and are here. */
function alone({ mode, iterations, runs }: Row, milliseconds: number[]) {
  const claim: Claim = {
    name: `${mode}-ms-${iterations}`,
    runs,
    reach: 'none',
    yardstick: `none, ours alone; RSA-2048, 3 x ${iterations} iterations, wall time, Node ${process.version} (OpenSSL ${process.versions.openssl})`,
  };
  const next: Sample = async () => milliseconds.shift() ?? Number.NaN;
  return measure(claim, 'ms', next);
}
