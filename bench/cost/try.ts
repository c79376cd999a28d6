import { billOf, scaled, totalOf } from './bill.ts';
import { organization, prepareMainJob } from './main-job.ts';
import { SmallCloud } from './small-cloud.ts';
const [, , lock = 'recipient', spec = 'RSA_2048', source = 'memory'] = process.argv;
const cloud = await SmallCloud.open(organization, source as 'memory');
try {
  const job = await prepareMainJob(cloud, spec as 'RSA_2048', lock as 'recipient');
  for (let i = 0; i < 5; i++) await job.enrollOne();
  cloud.meter.take();
  const n = 20;
  for (let i = 0; i < n; i++) await job.enrollOne();
  const { usage, functions } = cloud.meter.take();
  const bill = billOf(scaled(usage, 1 / n));
  for (const l of bill) console.log(l.unit.padEnd(50), l.count.toPrecision(4).padStart(10), (l.usd * 1e6).toFixed(2), 'uUSD');
  console.log('total per 1000 USD', (totalOf(bill) * 1000).toFixed(4));
  for (const [f, s] of functions) console.log(f, (s.invocations / n).toFixed(1), 'cpu ms', (s.processorMilliseconds / s.invocations).toFixed(1), 'wait', (s.waitingMilliseconds / s.invocations).toFixed(0), 'uUSD', (s.gigabyteSeconds / n * 13.3334).toFixed(2));
  console.log(await cloud.starts());
} finally {
  await cloud.close();
}
