import { afterEach, describe, expect, it } from 'vitest';
import { openSns, SnsNotifier } from '#adapters/sns/notifier.ts';
import { noticeOf } from '#test/contract/notices.contract.ts';
import { startSnsDouble } from '#test/doubles/sns/sns-double.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { refusal } from '../aws/refusal.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function openedSns() {
  const double = await startSnsDouble();
  ends.push(double.close);
  Object.assign(process.env, double.environment);
  const calls = openSns({ waiting: fakeWaiting() });
  return { double, calls, notifier: new SnsNotifier(calls, double.topicArn) };
}

describe('SnsNotifier', () => {
  it('publishes the notice, with what subscriptions choose by and a subject for mail', async () => {
    const { notifier, double } = await openedSns();
    await notifier.notify(noticeOf('n-1'));
    expect(double.published.map(({ message }) => JSON.parse(message))).toEqual([noticeOf('n-1')]);
    expect(double.published[0]).toMatchObject({
      subject: 'Your key is ready',
      attributes: { organization: 'acme', notice: 'n-1' },
    });
  });

  it.each([
    ['Schlüssel\n\tfür “Zoë”', 'Schl ssel f r Zo'],
    ['x'.repeat(300), 'x'.repeat(99)],
    ['王王', undefined],
    ['', undefined],
  ])(
    'makes of the subject "%s" one that every topic takes, and leaves the notice as it is',
    async (subject, sent) => {
      const { notifier, double } = await openedSns();
      await notifier.notify(noticeOf('n-1', { subject }));
      expect(double.published[0]?.subject).toBe(sent);
      expect(JSON.parse(double.published[0]?.message ?? '').subject).toBe(subject);
    },
  );

  it('publishes up to 256 KB, and refuses more before it is sent', async () => {
    const { notifier, double } = await openedSns();
    const rest =
      JSON.stringify(noticeOf('n-1', { text: '' })).length + 'organizationStringacmenoticeStringn-1'.length;
    await notifier.notify(noticeOf('n-1', { text: 'x'.repeat(262_144 - rest) }));
    expect(double.published).toHaveLength(1);
    const larger = noticeOf('n-1', { text: 'x'.repeat(262_145 - rest) });
    expect((await refusal(notifier.notify(larger))).code).toBe('record-too-large');
  });

  it('says that there is no such topic', async () => {
    const { calls, double } = await openedSns();
    const notifier = new SnsNotifier(calls, `${double.topicArn}-2`);
    expect(await refusal(notifier.notify(noticeOf('n-1')))).toMatchObject({
      code: 'store-misconfigured',
      message: 'Amazon SNS has no such topic',
    });
  });

  it.each([
    ['AuthorizationError', 'store-misconfigured'],
    ['KMSAccessDenied', 'store-misconfigured'],
    ['KMSThrottling', 'store-unavailable'],
    ['Throttled', 'store-unavailable'],
    ['InternalError', 'store-unavailable'],
    ['InvalidParameter', 'internal'],
  ])('tells %s as %s', async (type, code) => {
    const { notifier, double } = await openedSns();
    double.faults.plan('Publish', { kind: 'refuse', type });
    expect((await refusal(notifier.notify(noticeOf('n-1')))).code).toBe(code);
  });

  it('goes on through a wire that fails now and then', async () => {
    const { notifier, double } = await openedSns();
    double.faults.plan('Publish', { kind: 'cut' }, 2);
    await notifier.notify(noticeOf('n-1'));
    expect(double.published).toHaveLength(1);
  });
});
