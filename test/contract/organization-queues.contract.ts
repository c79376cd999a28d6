import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '#domain/errors.ts';
import type { CloudEvent, Message } from '#ports/messages.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import type { DeliveryParts } from './delivery.contract.ts';
import type { MessageParts } from './messages.contract.ts';
import { acceptedEvent } from './records.ts';
import { type Making, outcomeOf, type Subject } from './subject.ts';

/** What every OrganizationQueues must do, beside the queues that it looks into. */
export function organizationQueuesContract<M extends Message>(
  name: string,
  make: (clock: ManualClock) => Making<DeliveryParts<M>>,
): void {
  describe(`${name} as OrganizationQueues`, () => {
    let subject: Subject<DeliveryParts<M>>;
    beforeEach(async () => {
      subject = await make(new ManualClock());
    });
    afterEach(() => subject.close());

    const eventOf = (id: string, source = `/organizations/acme/enrollments/${id}`): CloudEvent => ({
      ...acceptedEvent(id),
      source,
    });
    const publish = (id: string, source?: string) => subject.bus.publish(eventOf(id, source));

    /** Publishes an event and has both consumers give it up. */
    async function buryAll(): Promise<void> {
      for (const consumer of ['maker', 'teller']) {
        for (const message of await subject.receive(consumer)) {
          await subject.failed.bury(message, 'provider-incapable');
          await subject.acknowledge(message);
        }
      }
    }

    async function deadIds(organization: string, limit = 100): Promise<string[]> {
      const ids: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await subject.organizationQueues.deadLettersOf(organization, limit, cursor);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        ids.push(...page.items.map(({ consumer, event }) => `${consumer} ${event.id}`));
        cursor = page.cursor;
        if (cursor === undefined) return ids;
        expect(cursor).toMatch(/^\d{1,15}$/);
      }
    }

    async function deadOf(consumer: string): Promise<string> {
      const { items } = await subject.organizationQueues.deadLettersOf('acme', 100);
      const letter = items.find((each) => each.consumer === consumer);
      return letter?.id ?? expect.unreachable('there should be a dead letter');
    }

    describe('deadLettersOf', () => {
      it('gives them as they were buried, also after it was opened again', async () => {
        await publish('e-1');
        await buryAll();
        subject = await subject.reopen();
        const { items } = await subject.organizationQueues.deadLettersOf('acme', 10);
        expect(items.toSorted((one, other) => (one.consumer < other.consumer ? -1 : 1))).toEqual(
          ['maker', 'teller'].map((consumer) => ({
            id: expect.stringMatching(/^\d{1,15}$/),
            consumer,
            event: eventOf('e-1'),
            code: 'provider-incapable',
            since: '2026-01-05T08:00:00.000Z',
          })),
        );
      });

      it('lists the oldest first, page by page, whatever the page size', async () => {
        for (const id of ['e-1', 'e-2', 'e-3']) {
          await publish(id);
          await buryAll();
        }
        const all = await deadIds('acme');
        // Two messages of one event may be of the same age.
        expect(all.map((each) => each.split(' ')[1])).toEqual(
          ['e-1', 'e-2', 'e-3'].flatMap((id) => [`${id}.1.0`, `${id}.1.0`]),
        );
        expect(new Set(all).size).toBe(6);
        for (const limit of [1, 4, 5, 6, 7]) expect(await deadIds('acme', limit)).toEqual(all);
      });

      it("shows an organization its own alone, by the event's source", async () => {
        await publish('e-1');
        await publish('e-2', '/organizations/other');
        await publish('e-3', '/organizations/acme2/enrollments/e-3');
        await publish('e-4', '/organizations/');
        await publish('e-5', 'acme');
        await publish('e-6', '/tenants/organizations/acme');
        await publish('e-7', '/organizations/acme');
        await buryAll();
        expect((await deadIds('acme')).toSorted()).toEqual([
          'maker e-1.1.0',
          'maker e-7.1.0',
          'teller e-1.1.0',
          'teller e-7.1.0',
        ]);
        expect((await deadIds('other')).toSorted()).toEqual(['maker e-2.1.0', 'teller e-2.1.0']);
        expect(await deadIds('')).toEqual([]);
        expect(await deadIds('nobody')).toEqual([]);
        expect(await subject.organizationQueues.countDeadLetters('acme')).toBe(4);
        expect(await subject.organizationQueues.countDeadLetters('nobody')).toBe(0);
      });
    });

    describe('redriveOf', () => {
      it('puts one back as if it had never been received, and it is no dead letter any more', async () => {
        await publish('e-1');
        await buryAll();
        await subject.organizationQueues.redriveOf('acme', await deadOf('maker'));
        subject = await subject.reopen();
        expect(await deadIds('acme')).toEqual(['teller e-1.1.0']);
        const [message] = await subject.receive('maker');
        expect(message).toMatchObject({ event: eventOf('e-1'), receiveCount: 1 });
      });

      it('puts one back though its event came again meanwhile', async () => {
        await publish('e-1');
        await buryAll();
        await publish('e-1');
        await subject.organizationQueues.redriveOf('acme', await deadOf('maker'));
        const messages = await subject.receive('maker');
        expect(new Set(messages.map(({ event }) => event.id))).toEqual(new Set(['e-1.1.0']));
      });

      it('knows none of another organization, none that is not there, and none that was put back', async () => {
        await publish('e-1');
        await buryAll();
        const id = await deadOf('maker');
        for (const [organization, unknown] of [
          ['other', id],
          ['', id],
          ...['', '0', 'x', `${id}.0`, `0${id}`, ` ${id}`, '9'.repeat(30)].map((each) => ['acme', each]),
        ] as [string, string][]) {
          expect(await outcomeOf(subject.organizationQueues.redriveOf(organization, unknown))).toBe(
            'object-missing',
          );
        }
        expect(await deadIds('acme')).toHaveLength(2);
        expect(await outcomeOf(subject.organizationQueues.redriveOf('acme', id))).toBe('done');
        expect(await outcomeOf(subject.organizationQueues.redriveOf('acme', id))).toBe('object-missing');
      });

      it('waits for what comes before, once it is there, and does nothing where that fails', async () => {
        await publish('e-1');
        await buryAll();
        const id = await deadOf('maker');
        const { organizationQueues: queues } = subject;
        let times = 0;
        const gone = new StoreError('store-unavailable');
        const before = async () => {
          times += 1;
          if (times === 1) throw gone;
        };
        expect(await outcomeOf(queues.redriveOf('other', id, before))).toBe('object-missing');
        expect(times).toBe(0);
        await expect(queues.redriveOf('acme', id, before)).rejects.toBe(gone);
        expect([(await deadIds('acme')).length, (await subject.receive('maker')).length]).toEqual([2, 0]);
        await queues.redriveOf('acme', id, before);
        expect([times, (await subject.receive('maker')).length]).toEqual([2, 1]);
      });

      it('by several at once puts it back once', async () => {
        await publish('e-1');
        await buryAll();
        const id = await deadOf('maker');
        const redrives = Array.from({ length: 4 }, () =>
          outcomeOf(subject.organizationQueues.redriveOf('acme', id)),
        );
        expect((await Promise.all(redrives)).toSorted()).toEqual([
          'done',
          ...Array(3).fill('object-missing'),
        ]);
        expect(await subject.receive('maker')).toHaveLength(1);
      });
    });
  });
}

/** What every OrganizationQueues must do that can ask its queues whose messages they hold. */
export function messageBacklogContract(
  name: string,
  make: (clock: ManualClock) => Making<MessageParts>,
): void {
  describe(`${name} as OrganizationQueues that count messages`, () => {
    let clock: ManualClock;
    let subject: Subject<MessageParts>;
    beforeEach(async () => {
      clock = new ManualClock();
      subject = await make(clock);
    });
    afterEach(() => subject.close());

    const publish = (id: string, organization = 'acme') =>
      subject.bus.publish({
        ...acceptedEvent(id),
        source: `/organizations/${organization}/enrollments/${id}`,
      });

    it('is nothing where nothing waits', async () => {
      await publish('e-1', 'other');
      expect(await subject.organizationQueues.backlog('acme')).toEqual({ waiting: 0 });
    });

    it('counts what waits and what is being worked on, since the oldest came', async () => {
      await publish('e-1');
      clock.advance(60_000);
      await publish('e-2');
      await subject.queues.receive('maker', 1, 3_600);
      subject = await subject.reopen();
      const oldestSince = new Date('2026-01-05T08:00:00.000Z');
      expect(await subject.organizationQueues.backlog('acme')).toEqual({ waiting: 4, oldestSince });
    });

    it('forgets what is done or dead, and counts what was put back from then on', async () => {
      await publish('e-1');
      for (const consumer of ['maker', 'teller']) {
        for (const message of await subject.queues.receive(consumer, 10, 30)) {
          await subject.queues.bury(message, 'provider-incapable');
        }
      }
      expect(await subject.organizationQueues.backlog('acme')).toEqual({ waiting: 0 });
      clock.advance(60_000);
      const { items } = await subject.organizationQueues.deadLettersOf('acme', 1);
      await subject.organizationQueues.redriveOf('acme', items[0]?.id ?? '');
      const oldestSince = new Date('2026-01-05T08:01:00.000Z');
      expect(await subject.organizationQueues.backlog('acme')).toEqual({ waiting: 1, oldestSince });
      const [message] = await subject.queues.receive('maker', 1, 30);
      if (message !== undefined) await subject.queues.acknowledge(message);
      expect(await subject.organizationQueues.backlog('acme')).toEqual({ waiting: 0 });
    });
  });
}
