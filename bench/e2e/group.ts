import { compare } from '../measure.ts';
import type { Group, Report } from '../result.ts';
import { openCryptographicSteps } from './cryptographic-steps.ts';
import { openEnrolling } from './enrolling.ts';

/** From the request's event to the proved escrow on one machine, against the sum of its cryptographic steps. */
export const e2e: Group = async (report) => {
  await enrollAgainstItsCryptography(report, {
    name: 'enroll-vs-crypto-p256',
    keySpec: 'ECC_NIST_P256',
    reach: '<=3',
    perRun: 10,
    runs: 15,
  });
  await enrollAgainstItsCryptography(report, {
    name: 'enroll-vs-crypto-rsa2048',
    keySpec: 'RSA_2048',
    reach: '<=1.3',
    // Finding primes takes as long as luck has it; many keys a run even that out.
    perRun: 25,
    runs: 15,
  });
};

interface Plan {
  name: string;
  keySpec: 'ECC_NIST_P256' | 'RSA_2048';
  reach: string;
  /** Enrollments in one sample, one after the other. */
  perRun: number;
  runs: number;
}

async function enrollAgainstItsCryptography(report: Report, plan: Plan): Promise<void> {
  const { name, keySpec, reach, perRun, runs } = plan;
  const enrolling = await openEnrolling(keySpec);
  const steps = await openCryptographicSteps(keySpec);
  try {
    const yardstick =
      'generate, sign request and placeholder, wrap, lock to a recipient, write and prove the PFX, seal, sign the receipt: ' +
      `the same functions called one after the other, nothing stored; Node ${process.version}`;
    report.message(`${name}: ${runs} runs of ${perRun}`);
    const claim = { name, runs, reach, yardstick };
    report.result(await compare(claim, timed(perRun, enrolling.enrollOne), timed(perRun, steps.all)));
  } finally {
    await enrolling.close();
    await steps.close();
  }
}

function timed(times: number, work: () => Promise<void>): () => Promise<number> {
  return async () => {
    const start = performance.now();
    for (let round = 0; round < times; round++) await work();
    return performance.now() - start;
  };
}
