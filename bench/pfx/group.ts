import { humanIterations, randomIterations } from '#crypto/pfx/write.ts';
import { compare, measure } from '../measure.ts';
import type { Group, Report } from '../result.ts';
import { backUp, timeBackUps } from './ours.ts';
import { longestStallMs } from './stall.ts';
import { makeSubject, type Subject } from './subject.ts';
import { buildYardstick, runYardstick } from './yardstick.ts';

/** How many exports are under way at once while the event loop is watched. */
const concurrentExports = 3;

/** Writing and proving a PFX, against a C program on OpenSSL; RSA-2048. */
export const pfx: Group = async (report) => {
  buildYardstick();
  const escrow = await makeSubject('encryption', 'random');
  const copy = await makeSubject('encryption', 'human');
  await againstOpenSsl(report, escrow, {
    name: 'escrow-vs-openssl',
    reach: '<=1.0',
    iterations: randomIterations,
    rounds: 20,
    runs: 21,
  });
  await againstOpenSsl(report, copy, {
    name: 'export-vs-openssl',
    reach: '<=0.75',
    iterations: humanIterations,
    rounds: 1,
    runs: 15,
  });
  await exportStall(report, copy);
};

interface Plan {
  name: string;
  reach: string;
  iterations: number;
  /** Backups in one sample. */
  rounds: number;
  runs: number;
}

async function againstOpenSsl(report: Report, subject: Subject, plan: Plan): Promise<void> {
  const { name, reach, iterations, rounds, runs } = plan;
  const theirs = () => runYardstick(subject, { iterations, rounds, purpose: subject.purpose });
  const { openssl } = theirs();
  const yardstick = `write, reopen and use in C on ${openssl}, RSA-2048, 3 x ${iterations} iterations, wall time`;
  report.message(`${name}: ${runs} runs of ${rounds}`);
  report.result(
    await compare(
      { name, runs, reach, yardstick },
      () => timeBackUps(subject, iterations, rounds),
      async () => theirs().nanoseconds,
    ),
  );
}

async function exportStall(report: Report, subject: Subject): Promise<void> {
  const claim = {
    name: 'export-stall-ms',
    runs: 9,
    reach: '<=20',
    yardstick: `none, a fixed limit; the longest in ${concurrentExports} exports at once, RSA-2048, 3 x ${humanIterations} iterations, Node ${process.version} (OpenSSL ${process.versions.openssl})`,
  };
  report.message(`${claim.name}: ${claim.runs} runs of ${concurrentExports} at once`);
  const exports = () =>
    Promise.all(Array.from({ length: concurrentExports }, () => backUp(subject, humanIterations)));
  report.result(await measure(claim, 'ms', () => longestStallMs(exports)));
}
