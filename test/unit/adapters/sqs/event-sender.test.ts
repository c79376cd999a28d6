import { describe, expect, it } from 'vitest';
import { SqsEventSender } from '#adapters/sqs/event-sender.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { refusal } from '../aws/refusal.ts';
import { openedSqs } from './opened-sqs.ts';

async function openedSender() {
  const opened = await openedSqs();
  return { ...opened, sender: new SqsEventSender(opened.calls, opened.double.queueUrls) };
}

describe('SqsEventSender', () => {
  it("sends an event, as it is, to one consumer's queue", async () => {
    const { sender, poller } = await openedSender();
    const event = { ...acceptedEvent('e-1'), data: { name: 'Zoë "王" \ufffe\uffff\ud800\u0001' } };
    await sender.send('maker', event);
    expect((await poller.receive('maker')).map((message) => message.event)).toEqual([event]);
    expect(await poller.receive('teller')).toEqual([]);
  });

  it('sends twice at worst where an answer is lost', async () => {
    const { sender, poller, double } = await openedSender();
    double.faults.plan('SendMessage', { kind: 'lose-answer' }, 1);
    await sender.send('maker', acceptedEvent('e-1'));
    expect((await poller.receive('maker')).map(({ event }) => event.id)).toEqual(['e-1.1.0', 'e-1.1.0']);
  });

  it('refuses what no queue takes before it is sent', async () => {
    const { sender, double } = await openedSender();
    const event = { ...acceptedEvent('e-1'), data: 'x'.repeat(2 ** 20) };
    expect((await refusal(sender.send('maker', event))).code).toBe('record-too-large');
    expect(double.log).toEqual([]);
  });

  it.each(['unknown', 'constructor', ''])('knows no queue of consumer "%s"', async (consumer) => {
    const { sender } = await openedSender();
    expect((await refusal(sender.send(consumer, acceptedEvent('e-1')))).code).toBe('internal');
  });

  it.each([
    ['QueueDoesNotExist', 'store-misconfigured'],
    ['AccessDeniedException', 'store-misconfigured'],
    ['KmsAccessDenied', 'store-misconfigured'],
    ['RequestThrottled', 'store-unavailable'],
    ['KmsThrottled', 'store-unavailable'],
    ['ServiceUnavailable', 'store-unavailable'],
    ['InvalidMessageContents', 'internal'],
  ])('tells %s as %s', async (type, code) => {
    const { sender, double } = await openedSender();
    double.faults.plan('SendMessage', { kind: 'refuse', type });
    expect((await refusal(sender.send('maker', acceptedEvent('e-1')))).code).toBe(code);
  });
});
