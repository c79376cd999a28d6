import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Subscription } from '#contract/subscriptions.ts';
import type { EventBus, Message, MessageQueues } from '#ports/messages.ts';
import type { OrganizationQueues } from '#ports/organization-queues.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { acceptedEvent } from './records.ts';
import { type Making, outcomeOf, type Subject } from './subject.ts';

export interface MessageParts {
  bus: EventBus;
  queues: MessageQueues;
  organizationQueues: OrganizationQueues;
}

/** The consumers that an implementation under this suite is made with. */
export const testSubscriptions = {
  maker: { types: ['EnrollmentAccepted'] },
  teller: { types: ['EnrollmentAccepted', 'EnrollmentRefused'] },
  'identity-maker': { types: ['KeyPairAwaited'], purpose: 'identity' },
  'encryption-maker': { types: ['KeyPairAwaited'], purpose: 'encryption' },
} as const satisfies Readonly<Record<string, Subscription>>;

/** What every MessageQueues must do, beyond what `deliveryContract` asks of any queues. */
export function messagesContract(name: string, make: (clock: ManualClock) => Making<MessageParts>): void {
  describe(`${name} as EventBus and MessageQueues`, () => {
    let clock: ManualClock;
    let subject: Subject<MessageParts>;
    beforeEach(async () => {
      clock = new ManualClock();
      subject = await make(clock);
    });
    afterEach(() => subject.close());

    const receive = (consumer = 'maker', limit = 10) => subject.queues.receive(consumer, limit, 30);
    const idsOf = (messages: Message[]) => messages.map(({ event }) => event.id).sort();

    async function receiveOne(consumer = 'maker'): Promise<Message> {
      const [message] = await receive(consumer, 1);
      if (message === undefined) return expect.unreachable('a message should be visible');
      return message;
    }

    it('publishes into the queues of those that take an event, and into no other', async () => {
      await subject.bus.publish(acceptedEvent('e-1'));
      expect(await subject.queues.depth()).toBe(2);
      await subject.bus.publish(acceptedEvent('e-2', 'EnrollmentRefused'));
      await subject.bus.publish(acceptedEvent('e-3', 'BackupEscrowed'));
      expect(await subject.queues.depth()).toBe(3);
    });

    describe('receive', () => {
      it('takes no more than asked for, and each message once', async () => {
        for (const id of ['e-1', 'e-2', 'e-3']) await subject.bus.publish(acceptedEvent(id));
        const two = await receive('maker', 2);
        const rest = await receive('maker', 2);
        expect(two).toHaveLength(2);
        expect(idsOf([...two, ...rest])).toEqual(['e-1.1.0', 'e-2.1.0', 'e-3.1.0']);
        expect(await receive('maker')).toEqual([]);
      });

      it('gives concurrent receivers different messages', async () => {
        for (let index = 0; index < 20; index += 1) await subject.bus.publish(acceptedEvent(`e-${index}`));
        const taken = await Promise.all(Array.from({ length: 10 }, () => receive('maker', 3)));
        expect(new Set(idsOf(taken.flat())).size).toBe(20);
        expect(taken.flat()).toHaveLength(20);
      });

      it('hides a message until its time is over, then gives it again and counts', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        const first = await receiveOne();
        clock.advance(29_999);
        expect(await receive()).toEqual([]);
        clock.advance(1);
        const second = await receiveOne();
        expect(second.receiveCount).toBe(2);
        expect(second.receipt).not.toBe(first.receipt);
      });

      it('gives again what a consumer took that then crashed', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        await receiveOne();
        subject = await subject.reopen();
        expect(await receive()).toEqual([]);
        clock.advance(30_000);
        expect((await receiveOne()).receiveCount).toBe(2);
      });
    });

    describe('acknowledge', () => {
      it('ends the message of that consumer only', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        await subject.queues.acknowledge(await receiveOne('maker'));
        subject = await subject.reopen();
        clock.advance(3_600_000);
        expect(await receive('maker')).toEqual([]);
        expect(idsOf(await receive('teller'))).toEqual(['e-1.1.0']);
      });

      it.each(['acknowledge', 'release', 'bury'] as const)('%s ignores an expired receipt', async (verb) => {
        await subject.bus.publish(acceptedEvent('e-1'));
        const late = await receiveOne();
        clock.advance(30_000);
        await finish(verb, late);
        const again = await receiveOne();
        await finish(verb, late);
        expect(await receive()).toEqual([]);
        expect(await subject.queues.deadLetters()).toEqual([]);
        await subject.queues.acknowledge(again);
        clock.advance(3_600_000);
        expect(await receive()).toEqual([]);
      });

      it.each(['acknowledge', 'release', 'bury'] as const)('%s ignores an unknown receipt', async (verb) => {
        await subject.bus.publish(acceptedEvent('e-1'));
        const message = await receiveOne();
        for (const receipt of ['', 'none', '0.0', '1', '999999.1', `${message.receipt}0`, '1e0.1']) {
          await finish(verb, { ...message, receipt });
        }
        expect(await receive()).toEqual([]);
        expect(await subject.queues.depth()).toBe(2);
      });

      function finish(verb: 'acknowledge' | 'release' | 'bury', message: Message): Promise<void> {
        if (verb === 'acknowledge') return subject.queues.acknowledge(message);
        if (verb === 'release') return subject.queues.release(message, 0);
        return subject.queues.bury(message, 'internal');
      }
    });

    describe('release', () => {
      it('gives a message back after the delay, counting the next receive', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        await subject.queues.release(await receiveOne(), 0);
        const second = await receiveOne();
        expect(second.receiveCount).toBe(2);
        await subject.queues.release(second, 300);
        clock.advance(299_999);
        expect(await receive()).toEqual([]);
        clock.advance(1);
        expect((await receiveOne()).receiveCount).toBe(3);
      });

      it('takes a part of a second, as a retry with jitter asks for', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        await subject.queues.release(await receiveOne(), 0.1234567);
        const next = await subject.queues.nextVisible();
        expect(next?.getTime()).toBe(clock.now().getTime() + 123);
        clock.advance(123);
        expect((await receiveOne()).receiveCount).toBe(2);
      });
    });

    describe('dead letters', () => {
      async function buryOne(id: string, consumer: string): Promise<void> {
        await subject.bus.publish(acceptedEvent(id, 'EnrollmentAccepted'));
        for (const message of await receive(consumer))
          await subject.queues.bury(message, 'provider-incapable');
      }

      it('keeps what was given up, with the reason and the time, oldest first', async () => {
        await buryOne('e-1', 'maker');
        clock.advance(1_000);
        await buryOne('e-2', 'maker');
        subject = await subject.reopen();
        const letters = await subject.queues.deadLetters();
        expect(letters).toEqual([
          {
            id: expect.any(String),
            consumer: 'maker',
            event: acceptedEvent('e-1'),
            code: 'provider-incapable',
            since: '2026-01-05T08:00:00.000Z',
          },
          expect.objectContaining({ event: acceptedEvent('e-2'), since: '2026-01-05T08:00:01.000Z' }),
        ]);
        clock.advance(3_600_000);
        expect(await receive('maker')).toEqual([]);
      });

      it("tells a consumer's own from others'", async () => {
        await buryOne('e-1', 'maker');
        await buryOne('e-1', 'teller');
        expect(await subject.queues.deadLetters()).toHaveLength(2);
        const letters = await subject.queues.deadLetters('teller');
        expect(letters.map(({ consumer }) => consumer)).toEqual(['teller']);
        expect(await subject.queues.deadLetters('nobody')).toEqual([]);
      });

      it('puts one back as if it had never been received', async () => {
        await buryOne('e-1', 'maker');
        const [letter] = await subject.queues.deadLetters();
        await subject.queues.redrive(letter?.id ?? '');
        subject = await subject.reopen();
        expect(await subject.queues.deadLetters()).toEqual([]);
        expect(await receiveOne()).toMatchObject({ event: acceptedEvent('e-1'), receiveCount: 1 });
      });

      it('puts one back though its event came again meanwhile', async () => {
        await buryOne('e-1', 'maker');
        await subject.bus.publish(acceptedEvent('e-1'));
        const [letter] = await subject.queues.deadLetters();
        await subject.queues.redrive(letter?.id ?? '');
        expect(await subject.queues.deadLetters()).toEqual([]);
        expect(new Set(idsOf(await receive()))).toEqual(new Set(['e-1.1.0']));
      });

      it('knows no letter that is not there, or was put back already', async () => {
        await buryOne('e-1', 'maker');
        const [letter] = await subject.queues.deadLetters();
        const id = letter?.id ?? '';
        for (const unknown of ['', '0', 'x', `${id}.0`, `0${id}`]) {
          expect(await outcomeOf(subject.queues.redrive(unknown))).toBe('object-missing');
        }
        expect(await outcomeOf(subject.queues.redrive(id))).toBe('done');
        expect(await outcomeOf(subject.queues.redrive(id))).toBe('object-missing');
      });
    });

    describe('depth and nextVisible', () => {
      it('counts what waits and what is being worked on, and nothing that is done or dead', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        await subject.bus.publish(acceptedEvent('e-2'));
        expect(await subject.queues.depth()).toBe(4);
        const [first, second] = await receive('maker');
        expect(await subject.queues.depth()).toBe(4);
        if (first !== undefined) await subject.queues.acknowledge(first);
        if (second !== undefined) await subject.queues.bury(second, 'internal');
        expect(await subject.queues.depth()).toBe(2);
      });

      it('tells when the first hidden message comes back', async () => {
        await subject.bus.publish(acceptedEvent('e-1'));
        expect(await subject.queues.nextVisible()).toBeUndefined();
        await subject.queues.receive('teller', 1, 90);
        await subject.queues.receive('maker', 1, 60);
        expect(await subject.queues.nextVisible()).toEqual(new Date('2026-01-05T08:01:00.000Z'));
        clock.advance(60_000);
        expect(await subject.queues.nextVisible()).toEqual(new Date('2026-01-05T08:01:30.000Z'));
        clock.advance(30_000);
        expect(await subject.queues.nextVisible()).toBeUndefined();
      });
    });
  });
}
