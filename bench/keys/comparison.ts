import { compare, measure } from '../measure.ts';
import type { Report } from '../result.ts';
import type { Row } from './plan.ts';

/** Measures one row in turns; and tells what it took of ours, where that is asked for. */
export async function runRow(report: Report, row: Row): Promise<void> {
  const { name, reach, runs, does, ours, theirs, alone } = row;
  const claim = { name, reach, runs, yardstick: `${row.yardstick}: ${does}` };
  report.message(`${name}: ${runs} runs`);
  await row.prepare?.();
  const microseconds: number[] = [];
  const noted = async () => {
    const nanoseconds = await ours();
    microseconds.push(nanoseconds / 1_000);
    return nanoseconds;
  };
  report.result(await compare(claim, noted, theirs));
  if (alone === undefined) return;
  // The first samples of the comparison were its warm-up, and are so here.
  const next = async () => microseconds.shift() ?? Number.NaN;
  const yardstick = `none, alone, for one; ${does}; Node ${process.version}`;
  report.result(await measure({ name: alone, reach: 'none', runs, yardstick }, 'us', next));
}
