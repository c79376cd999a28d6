import { describe, expect, it } from 'vitest';
import { type QueuedMessage, SqsFailedMessages } from '#adapters/sqs/failed-messages.ts';
import type { GivenUp } from '#ports/dead-letter-store.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { refusal } from '../aws/refusal.ts';
import { openedSqs } from './opened-sqs.ts';

async function withMessage() {
  const opened = await openedSqs();
  const { double, calls, poller } = opened;
  const letters: GivenUp[] = [];
  const keep = async (letter: GivenUp) => void letters.push(letter);
  const failed = new SqsFailedMessages(calls, double.queueUrls, { keep });
  double.queues.sendMessage('maker', JSON.stringify(acceptedEvent('e-1')), { region: 'eu-central-1' });
  const [message] = await poller.receive('maker');
  if (message === undefined) throw new TypeError('there should be a message');
  /** How long it is hidden from now, in seconds. */
  const hidden = () => {
    const deadline = double.queues.inspectQueue('maker')?.messages.inflight[0]?.visibilityDeadline ?? 0;
    return Math.round((deadline - Date.now()) / 1_000);
  };
  return { ...opened, failed, message, letters, hidden };
}

describe('release', () => {
  it.each([
    [0.2, 1],
    [1, 1],
    [29.01, 30],
    [39_600, 39_600],
    [43_200, 42_300],
    [1e9, 42_300],
  ])('for %s s hides a message for %s s', async (delay, seconds) => {
    const { failed, message, hidden } = await withMessage();
    await failed.release(message, delay);
    expect(hidden()).toBe(seconds);
  });

  it.each([0, -5])('for %s s shows it at once', async (delay) => {
    const { failed, message, poller } = await withMessage();
    await failed.release(message, delay);
    expect(await poller.receive('maker')).toHaveLength(1);
  });

  it.each([
    'MessageNotInflight',
    'ReceiptHandleIsInvalid',
    'InvalidParameterValue',
    'InvalidParameterValueException',
  ])('takes %s for a delivery that has ended by itself', async (type) => {
    const { failed, message, double, waiting } = await withMessage();
    double.faults.plan('ChangeMessageVisibility', { kind: 'refuse', type });
    await failed.release(message, 1);
    expect(waiting.slept).toEqual([]);
  });

  it('says that it failed where the queue does not answer: the message comes back when its time-out is over', async () => {
    const { failed, message, double } = await withMessage();
    double.faults.plan('ChangeMessageVisibility', { kind: 'cut' });
    expect((await refusal(failed.release(message, 1))).code).toBe('store-unavailable');
  });
});

describe('bury', () => {
  it('hands the message to the dead letters by its own name and age, and leaves its end to the invocation', async () => {
    const { failed, message, letters, double } = await withMessage();
    const before = double.log.length;
    await failed.bury(message, 'provider-incapable');
    const { messageId, sentAt, event }: QueuedMessage = message;
    expect(letters).toEqual([{ messageId, sentAt, consumer: 'maker', event, code: 'provider-incapable' }]);
    expect(double.log).toHaveLength(before);
  });
});

it('what is received three times, and nobody put away, falls out into the queue of the unhandled by the same name', async () => {
  const { failed, message, poller, double } = await withMessage();
  await failed.release(message, 0);
  for (let time = 0; time < 2; time += 1) {
    const [again] = await poller.receive('maker');
    if (again !== undefined) await failed.release(again, 0);
  }
  expect(await poller.receive('maker')).toEqual([]);
  const [dead] = double.queues.inspectQueue('dead')?.messages.ready ?? [];
  expect(dead?.messageId).toBe(message.messageId);
  expect(dead?.sentTimestamp).toBe(message.sentAt.getTime());
});
