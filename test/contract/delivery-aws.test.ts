import { expect, it } from 'vitest';
import { ManualClock } from '#test/doubles/clock.ts';
import { deliveryContract } from './delivery.contract.ts';
import { organizationQueuesContract } from './organization-queues.contract.ts';
import { acceptedEvent, enrollmentRecord } from './records.ts';
import { onAwsEvents } from './subject-aws-events.ts';

deliveryContract('EventBridge and SQS', onAwsEvents);
organizationQueuesContract('DynamoOrganizationQueues', onAwsEvents);

it('what waits on AWS are the enrollments whose key is still to be made, since the oldest was requested', async () => {
  const subject = await onAwsEvents(new ManualClock());
  const { registry, organizationQueues } = subject;
  expect(await organizationQueues.backlog('acme')).toEqual({ waiting: 0 });
  const write = (
    id: string,
    state: 'accepted' | 'making' | 'ready',
    requestedAt: string,
    organization = 'acme',
  ) => registry.create(enrollmentRecord(id, { state, requestedAt, organization }));
  await write('e-1', 'accepted', '2026-01-05T08:00:02.000Z');
  await write('e-2', 'making', '2026-01-05T08:00:01.000Z');
  await write('e-3', 'ready', '2026-01-05T08:00:00.000Z');
  await write('e-4', 'accepted', '2026-01-05T07:00:00.000Z', 'other');
  expect(await organizationQueues.backlog('acme')).toEqual({
    waiting: 2,
    oldestSince: new Date('2026-01-05T08:00:01.000Z'),
  });
  // Whoever has counted them already has them counted no second time.
  const counted = { ...(await registry.counts('acme')), accepted: 0, making: 0 };
  expect(await organizationQueues.backlog('acme', counted)).toEqual({ waiting: 0 });
  await subject.close();
});

it('what the bus delivers twice, and late, is the same event, and each delivery is a message of its own', async () => {
  const subject = await onAwsEvents(new ManualClock());
  const { eventBridge } = subject.doubles;
  const late: (() => unknown)[] = [];
  eventBridge.deliver = (send) => late.push(send, send);
  for (const id of ['e-1', 'e-2']) await subject.bus.publish(acceptedEvent(id));
  expect(await subject.receive('maker')).toEqual([]);
  for (const send of late.toReversed()) await send();
  const messages = await subject.receive('maker');
  expect(messages.map(({ event }) => event.id).toSorted()).toEqual([
    'e-1.1.0',
    'e-1.1.0',
    'e-2.1.0',
    'e-2.1.0',
  ]);
  expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(4);
  for (const message of messages) await subject.failed.bury(message, 'provider-incapable');
  // Each message that is given up has its letter, though two are of one event.
  expect(await subject.organizationQueues.countDeadLetters('acme')).toBe(4);
  await subject.close();
});
