import { humanIterations, randomIterations } from '#crypto/pfx/write.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { measure } from '../measure.ts';
import type { Report, Wanted } from '../result.ts';
import { backUp } from './ours.ts';
import { longestStallMs } from './stall.ts';
import type { Subject } from './subject.ts';

/** How many backups are under way at once while the event loop is watched. */
const concurrent = 3;

interface Stall {
  name: string;
  reach: string;
  profile: PfxProfile;
  iterations: number;
  /** Backups that each of them makes, one after the other. */
  rounds: number;
}

const exported = { reach: '<=20', iterations: humanIterations, rounds: 1 };

export const stalls: readonly Stall[] = [
  { name: 'export-stall-ms', profile: 'modern', ...exported },
  { name: 'export-stall-compatible-ms', profile: 'compatible', ...exported },
  { name: 'export-stall-pbmac1-ms', profile: 'pbmac1', ...exported },
  { name: 'escrow-stall-ms', profile: 'modern', reach: 'none', iterations: randomIterations, rounds: 20 },
];

interface Wants {
  escrow: Subject;
  copy: Subject;
  wanted: Wanted;
}

/** How long the event loop stands still at the longest while backups of each profile are made and proved. */
export async function reportStalls(report: Report, { escrow, copy, wanted }: Wants): Promise<void> {
  for (const stall of stalls.filter(({ name }) => wanted(name))) {
    await reportStall(report, stall, stall.iterations === randomIterations ? escrow : copy);
  }
}

async function reportStall(report: Report, stall: Stall, subject: Subject): Promise<void> {
  const { name, reach, profile, iterations, rounds } = stall;
  const claim = {
    ...{ name, reach, runs: 9 },
    yardstick: `none, a fixed limit; the longest in ${concurrent} at once, ${profile}, RSA-2048, 3 x ${iterations} iterations, Node ${process.version} (OpenSSL ${process.versions.openssl})`,
  };
  report.message(`${name}: ${claim.runs} runs of ${concurrent} at once`);
  const several = async () => {
    for (let round = 0; round < rounds; round++) await backUp(subject, iterations, profile);
  };
  const all = () => Promise.all(Array.from({ length: concurrent }, several));
  report.result(await measure(claim, 'ms', () => longestStallMs(all)));
}
