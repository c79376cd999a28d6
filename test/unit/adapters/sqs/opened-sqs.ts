import { afterEach } from 'vitest';
import { openSqs } from '#adapters/sqs/client.ts';
import { startSqsDouble } from '#test/doubles/sqs/sqs-double.ts';
import { SqsPoller } from '#test/support/sqs-poller.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Amazon SQS on a double of its own with the queues `maker` and `teller`, closed after the test. */
export async function openedSqs() {
  const double = await startSqsDouble(['maker', 'teller'], 'dead');
  ends.push(double.close);
  Object.assign(process.env, double.environment);
  const waiting = fakeWaiting();
  const calls = openSqs({ waiting });
  return { double, calls, waiting, poller: new SqsPoller(calls, double.queueUrls) };
}
