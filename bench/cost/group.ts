import type { KeySpec } from '#domain/key-spec.ts';
import { quantile } from '../measure.ts';
import type { Group, Report } from '../result.ts';
import { billOf, totalOf } from './bill.ts';
import { countEnrollments } from './count-enrollments.ts';
import type { CostedLock } from './main-job.ts';
import { priceList } from './prices.ts';

interface Row {
  name: string;
  reach: string;
  keySpec: KeySpec;
  source: 'memory' | 'kms';
  lock: CostedLock;
}

const rows: readonly Row[] = [
  { name: 'usd-per-1000', reach: '<=0.10', keySpec: 'RSA_2048', source: 'memory', lock: 'recipient' },
  { name: 'usd-per-1000-password', reach: '<=0.10', keySpec: 'RSA_2048', source: 'memory', lock: 'password' },
  { name: 'usd-per-1000-p256', reach: 'none', keySpec: 'ECC_NIST_P256', source: 'memory', lock: 'recipient' },
  { name: 'usd-per-1000-made-by-kms', reach: 'none', keySpec: 'RSA_2048', source: 'kms', lock: 'recipient' },
];

const rounds = 5;
const perRound = 10;

/** What a thousand escrowed encryption enrollments cost on AWS, by counted calls and published prices. */
export const cost: Group = async (report) => {
  for (const row of rows) await price(report, row);
};

async function price(report: Report, { name, reach, ...counting }: Row): Promise<void> {
  report.message(`${name}: ${rounds} rounds of ${perRound} enrollments`);
  const say = (text: string) => report.message(`  ${text}`);
  const counted = await countEnrollments({ ...counting, rounds, perRound, say });
  const totals = counted.rounds.map((usage) => 1_000 * totalOf(billOf(usage)));
  const at = (share: number) => Number(quantile(totals, share).toPrecision(4));
  const [dearest, ...others] = billOf(counted.perEnrollment).slice(0, 4);
  const parts = [dearest, ...others].map(
    (line) => `${line?.unit} ${((line?.usd ?? 0) * 1_000).toPrecision(3)}`,
  );
  report.result({
    ...{ name, value: at(0.5), low: at(0.25), high: at(0.75), runs: rounds, unit: 'USD', reach },
    yardstick:
      `none: calls counted over stand-ins, prices of ${priceList.region} as read in ${priceList.read}, no free tier; ` +
      `${counting.keySpec}, keys from ${counting.source}, subscriber's lock by ${counting.lock}, from the request over HTTP to the ` +
      `certificate request; most of it: ${parts.join(', ')}; Node ${process.version}`,
  });
}
