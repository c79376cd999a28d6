import { measure } from '../measure.ts';
import { longestStallMs } from '../pfx/stall.ts';
import type { Report } from '../result.ts';
import { context, message, type TokenSubject } from './subject.ts';

export const stallName = 'keys-stall-ms';
const callers = 64;

/**
 * How long this process's event loop stands still at the longest while many callers sign and an RSA-4096 key is made. The
 * token's library works in a process of its own, so what is left is what its messages cost.
 */
export async function reportStall(report: Report, subject: TokenSubject): Promise<void> {
  const claim = {
    ...{ name: stallName, reach: 'none', runs: 9 },
    yardstick: `none; the longest while ${callers} callers sign with P-256 and an RSA-4096 key is made, Node ${process.version}`,
  };
  report.message(`${stallName}: ${claim.runs} runs`);
  report.result(await measure(claim, 'ms', () => longestStallMs(() => signWhileMaking(subject))));
}

let made = 0;

async function signWhileMaking({ residentKeys, keys }: TokenSubject): Promise<void> {
  const name = `bench.stall.${++made}`;
  const { name: signer, algorithm } = keys.p256;
  let making = true;
  const generation = residentKeys.generate(name, 'RSA_4096', context).finally(() => {
    making = false;
  });
  const caller = async () => {
    while (making) await residentKeys.sign(signer, algorithm, message);
  };
  await Promise.all([generation, ...Array.from({ length: callers }, caller)]);
  await residentKeys.discard(name);
}
