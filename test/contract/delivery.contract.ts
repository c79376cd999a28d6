import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventBus, FailedMessages, Message, MessageQueues } from '#ports/messages.ts';
import type { OrganizationQueues } from '#ports/organization-queues.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import type { MessageParts } from './messages.contract.ts';
import { acceptedEvent } from './records.ts';
import type { Making, Subject } from './subject.ts';

/** A bus, the queues of `testSubscriptions` behind it, and what stands for whoever works through them. */
export interface DeliveryParts<M extends Message = Message> {
  bus: EventBus;
  /** Takes up to ten visible messages of a consumer, and hides them for half a minute or more. */
  receive(consumer: string): Promise<M[]>;
  /** The messages are done. */
  acknowledge(message: M): Promise<void>;
  failed: FailedMessages<M>;
  organizationQueues: OrganizationQueues;
  /** Has so much time pass, in seconds. */
  pass(seconds: number): Promise<void>;
  /** The shortest delay that can be told from none, in seconds: longer than a receive takes. */
  shortest: number;
}

/** Queues of one machine as this suite sees them. */
export function deliveryBy(parts: MessageParts, clock: ManualClock): MessageParts & DeliveryParts {
  const { queues }: { queues: MessageQueues } = parts;
  return {
    ...parts,
    receive: (consumer) => queues.receive(consumer, 10, 30),
    acknowledge: (message) => queues.acknowledge(message),
    failed: queues,
    pass: async (seconds) => clock.advance(seconds * 1_000),
    shortest: 1,
  };
}

/** What every EventBus must do together with the queues behind it, and with FailedMessages. */
export function deliveryContract<M extends Message>(
  name: string,
  make: (clock: ManualClock) => Making<DeliveryParts<M>>,
): void {
  describe(`${name} as EventBus and FailedMessages`, () => {
    let subject: Subject<DeliveryParts<M>>;
    beforeEach(async () => {
      subject = await make(new ManualClock());
    });
    afterEach(() => subject.close());

    const consumers = ['maker', 'teller', 'identity-maker', 'encryption-maker'];
    const idsOf = (messages: Message[]) => messages.map(({ event }) => event.id).sort();

    async function receiveOne(consumer = 'maker'): Promise<M> {
      const [message] = await subject.receive(consumer);
      if (message === undefined) return expect.unreachable('a message should be visible');
      return message;
    }

    async function receivedBy(): Promise<Record<string, string[]>> {
      const received: [string, string[]][] = [];
      for (const consumer of consumers) received.push([consumer, idsOf(await subject.receive(consumer))]);
      return Object.fromEntries(received.filter(([, ids]) => ids.length > 0));
    }

    describe('publish', () => {
      it('puts an event, as it is, before each consumer of its type', async () => {
        const event = acceptedEvent('e-1');
        await subject.bus.publish(event);
        expect(await receiveOne('maker')).toMatchObject({ consumer: 'maker', event, receiveCount: 1 });
        expect(await receiveOne('teller')).toMatchObject({ consumer: 'teller', event, receiveCount: 1 });
      });

      it('puts it before no other consumer', async () => {
        await subject.bus.publish(acceptedEvent('e-1', 'EnrollmentRefused'));
        await subject.bus.publish(acceptedEvent('e-2', 'BackupEscrowed'));
        expect(await receivedBy()).toEqual({ teller: ['e-1.1.0'] });
      });

      it.each(['identity', 'encryption'] as const)(
        'puts an event for %s before the consumer of that purpose only',
        async (purpose) => {
          const event = { ...acceptedEvent('e-1', 'KeyPairAwaited'), data: { enrollmentId: 'e-1', purpose } };
          await subject.bus.publish(event);
          expect(await receivedBy()).toEqual({ [`${purpose}-maker`]: ['e-1.1.0'] });
        },
      );

      it.each([null, {}, { purpose: 'both' }])(
        'puts one whose data are %j before no consumer of a purpose',
        async (data) => {
          await subject.bus.publish({ ...acceptedEvent('e-1', 'KeyPairAwaited'), data });
          expect(await receivedBy()).toEqual({});
        },
      );

      it('tells events of one id from different sources apart', async () => {
        const event = acceptedEvent('e-1');
        await subject.bus.publish(event);
        await subject.bus.publish({ ...event, source: '/organizations/other/enrollments/e-1' });
        expect(await subject.receive('maker')).toHaveLength(2);
      });

      it('may be repeated: the event is there, and can be done with', async () => {
        for (let time = 0; time < 3; time += 1) await subject.bus.publish(acceptedEvent('e-1'));
        const messages = await subject.receive('maker');
        expect(new Set(idsOf(messages))).toEqual(new Set(['e-1.1.0']));
        for (const message of messages) await subject.acknowledge(message);
        await subject.pass(1);
        expect(await subject.receive('maker')).toEqual([]);
      });

      it('loses nothing when it is opened again', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        subject = await subject.reopen();
        expect((await receiveOne()).event).toEqual(acceptedEvent('e-1'));
      });
    });

    describe('release', () => {
      it('gives a message back at once, counting the next receive', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        await subject.failed.release(await receiveOne(), 0);
        expect((await receiveOne()).receiveCount).toBe(2);
      });

      it('gives it back after the delay, and no sooner', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        const { shortest } = subject;
        await subject.failed.release(await receiveOne(), shortest - 0.3);
        expect(await subject.receive('maker')).toEqual([]);
        await subject.pass(shortest + 0.05);
        expect((await receiveOne()).receiveCount).toBe(2);
      });

      it('ignores a delivery that has ended, and one that never was', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        const message = await receiveOne();
        await subject.acknowledge(message);
        await subject.failed.release(message, 0);
        await subject.failed.release({ ...message, receipt: 'none' }, 0);
        expect(await subject.receive('maker')).toEqual([]);
      });
    });

    describe('bury', () => {
      async function buryOne(event = acceptedEvent('e-1')): Promise<M> {
        await subject.bus.publish(event);
        const message = await receiveOne();
        await subject.failed.bury(message, 'provider-incapable');
        return message;
      }

      it('keeps what was given up, with the reason and the time', async () => {
        const message = await buryOne();
        await subject.acknowledge(message);
        subject = await subject.reopen();
        expect((await subject.organizationQueues.deadLettersOf('acme', 10)).items).toEqual([
          {
            id: expect.stringMatching(/^\d{1,15}$/),
            consumer: 'maker',
            event: acceptedEvent('e-1'),
            code: 'provider-incapable',
            since: '2026-01-05T08:00:00.000Z',
          },
        ]);
        expect(await subject.receive('maker')).toEqual([]);
      });

      it('keeps of an event what its burier passes, and nothing else', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        const message = await receiveOne();
        await subject.failed.bury({ ...message, event: { ...message.event, data: null } }, 'invalid-input');
        const [letter] = (await subject.organizationQueues.deadLettersOf('acme', 10)).items;
        expect(letter?.event).toEqual({ ...acceptedEvent('e-1'), data: null });
      });

      it('keeps a message once, however often it is given up', async () => {
        const message = await buryOne();
        await subject.failed.bury(message, 'internal');
        const { items } = await subject.organizationQueues.deadLettersOf('acme', 10);
        expect(items.map(({ code }) => code)).toEqual(['provider-incapable']);
      });
    });
  });
}
