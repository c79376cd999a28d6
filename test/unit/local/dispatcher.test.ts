import { describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import { type EventName, subscriptions } from '#contract/subscriptions.ts';
import { InputError, StoreError } from '#domain/errors.ts';
import { type Delivery, Dispatcher, type DispatcherParts, type Handlers } from '#local/dispatcher.ts';
import type { CloudEvent, Outbox } from '#ports/messages.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryEventBus, MemoryMessageQueues } from '#test/doubles/memory-messages.ts';
import { MemoryOutbox } from '#test/doubles/memory-registry.ts';
import { enrollment } from '#test/support/enrollment.ts';
import { LeapingQueues } from '#test/support/leaping-queues.ts';

function event(type: EventName, id = 'event-1'): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source: eventSource('acme'),
    type,
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { enrollmentId: 'enr_1' },
  };
}

/** A dispatcher over queues in memory, with handlers that note what they are handed. */
function dispatching(handlers: Partial<Handlers> = {}, parts: Partial<DispatcherParts> = {}) {
  const clock = new ManualClock();
  const memory = new MemoryMessageQueues(clock);
  const bus = new MemoryEventBus(memory, subscriptions);
  const queues = new LeapingQueues(memory, clock);
  const outbox = new MemoryOutbox();
  const handled: string[] = [];
  const deliveries: Delivery[] = [];
  const noting =
    (consumer: string) =>
    async ({ type, id }: CloudEvent) => {
      handled.push(`${consumer} ${type} ${id}`);
    };
  const dispatcher = new Dispatcher({
    outbox,
    bus,
    queues,
    clock,
    onDelivery: (delivery) => deliveries.push(delivery),
    handlers: {
      'request-enrollment': noting('request-enrollment'),
      'make-key-pair': noting('make-key-pair'),
      'notify-subscriber': noting('notify-subscriber'),
      ...handlers,
    },
    ...parts,
  });
  return { dispatcher, bus, queues, memory, outbox, clock, handled, deliveries };
}

/** A handler that fails some times, and then does its work. */
function failing(times: number, error: () => unknown = () => new StoreError('store-unavailable')) {
  let calls = 0;
  const handle = async () => {
    calls += 1;
    if (calls <= times) throw error();
  };
  return { handle, calls: () => calls };
}

describe('the dispatcher', () => {
  it('hands every event to those who subscribe to it, and to nobody else', async () => {
    const { dispatcher, bus, handled, queues } = dispatching();
    const types = Object.values(subscriptions).flat();
    for (const type of types) await bus.publish(event(type, type));
    await bus.publish(event('BackupEscrowed', 'nobody'));
    await dispatcher.drain();
    const expected = Object.entries(subscriptions).flatMap(([consumer, subscribed]) =>
      subscribed.map((type) => `${consumer} ${type} ${type}`),
    );
    expect(new Set(handled)).toEqual(new Set(expected));
    expect(handled.length).toBe(expected.length);
    expect(await queues.depth()).toBe(0);
  });

  it('has nothing to do where nothing waits', async () => {
    const { dispatcher, handled } = dispatching();
    await dispatcher.drain();
    expect(handled).toEqual([]);
  });

  it('carries what the outbox holds, and what handlers cause, until nothing is left', async () => {
    const { outbox, ...rest } = dispatching({
      'request-enrollment': async () => {
        const born = enrollment({
          events: [{ name: 'EnrollmentAccepted', data: { enrollmentId: 'enr_1' } }],
        });
        outbox.collect(born, '2026-01-05T08:00:00.000Z');
      },
      'make-key-pair': async () => {
        const events = [{ name: 'EnrollmentKeyPairCreated', data: { enrollmentId: 'enr_1' } }] as const;
        outbox.collect(enrollment({ version: 2, events }), '2026-01-05T08:00:00.000Z');
      },
    });
    await rest.bus.publish(event('EnrollmentRequested'));
    await rest.dispatcher.drain();
    expect(rest.handled).toEqual(['notify-subscriber EnrollmentKeyPairCreated enr_1.2.0']);
    expect(await outbox.pending(10)).toEqual([]);
  });

  it('says how each delivery ended, and nothing of what the event carried', async () => {
    const { handle } = failing(1);
    const { dispatcher, bus, deliveries } = dispatching({ 'make-key-pair': handle });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    const told = { consumer: 'make-key-pair', eventType: 'EnrollmentAccepted', eventId: 'event-1' };
    expect(deliveries).toEqual([
      { ...told, outcome: 'retry', code: 'store-unavailable' },
      { ...told, outcome: 'done' },
    ]);
  });
});

describe('a handler that fails', () => {
  it('is tried again with growing delays, until it succeeds', async () => {
    const { handle, calls } = failing(4);
    const { dispatcher, bus, queues, deliveries } = dispatching({ 'make-key-pair': handle });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    expect(calls()).toBe(5);
    expect(deliveries.at(-1)?.outcome).toBe('done');
    expect(await queues.deadLetters()).toEqual([]);
    for (const [index, most] of [1, 2, 4, 8].entries())
      expect(queues.leaps[index] ?? 0).toBeLessThanOrEqual(most);
  });

  it('five times has its message buried, with the code of its last failure', async () => {
    const { handle, calls } = failing(Infinity);
    const { dispatcher, bus, queues, deliveries } = dispatching({ 'make-key-pair': handle });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    expect(calls()).toBe(5);
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'retry', 'retry', 'buried']);
    expect(await queues.deadLetters('make-key-pair')).toMatchObject([
      { consumer: 'make-key-pair', code: 'store-unavailable', event: { id: 'event-1' } },
    ]);
    expect(await queues.depth()).toBe(0);
  });

  it('for good has its message buried at once', async () => {
    const { handle, calls } = failing(Infinity, () => new InputError('invalid-input', { field: 'purpose' }));
    const { dispatcher, bus, queues } = dispatching({ 'request-enrollment': handle });
    await bus.publish(event('EnrollmentRequested'));
    await dispatcher.drain();
    expect(calls()).toBe(1);
    expect(await queues.deadLetters()).toMatchObject([{ code: 'invalid-input' }]);
  });

  it('by a bug is tried again too, and its message is buried as internal', async () => {
    const { handle, calls } = failing(Infinity, () => new TypeError('x is undefined: secret'));
    const { dispatcher, bus, queues, deliveries } = dispatching({ 'make-key-pair': handle });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    expect(calls()).toBe(5);
    expect(await queues.deadLetters()).toMatchObject([{ code: 'internal' }]);
    expect(JSON.stringify([deliveries, await queues.deadLetters()])).not.toContain('secret');
  });

  it('takes no other message down', async () => {
    const { bus, dispatcher, queues, handled } = dispatching({
      'make-key-pair': failing(Infinity, () => new InputError('invalid-input')).handle,
    });
    for (let number = 0; number < 10; number += 1) {
      await bus.publish(event('EnrollmentAccepted', `bad-${number}`));
      await bus.publish(event('EnrollmentRequested', `good-${number}`));
    }
    await dispatcher.drain();
    expect(handled.length).toBe(10);
    expect((await queues.deadLetters()).length).toBe(10);
  });
});

describe('a dead letter', () => {
  it('is redriven with all its receives, and then done', async () => {
    const { handle, calls } = failing(7);
    const { dispatcher, bus, queues } = dispatching({ 'make-key-pair': handle });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    const [letter] = await queues.deadLetters();
    await queues.redrive(letter?.id ?? '');
    expect(await queues.deadLetters()).toEqual([]);
    await dispatcher.drain();
    expect(calls()).toBe(8);
    expect(await queues.deadLetters()).toEqual([]);
  });
});

describe('a consumer that crashed', () => {
  it('loses nothing: its message is visible again after its time, and counts on', async () => {
    const { bus, dispatcher, queues, handled } = dispatching();
    await bus.publish(event('EnrollmentAccepted'));
    const [taken] = await queues.receive('make-key-pair', 1, 300);
    expect(taken?.receiveCount).toBe(1);
    await dispatcher.drain();
    expect(handled).toEqual(['make-key-pair EnrollmentAccepted event-1']);
    expect(queues.leaps).toEqual([300]);
    expect(await queues.depth()).toBe(0);
  });

  it('however often is handed its message again: who kills the process does not give the message up', async () => {
    const { bus, dispatcher, queues, clock, handled } = dispatching();
    await bus.publish(event('EnrollmentAccepted'));
    for (let crash = 0; crash < 7; crash += 1) {
      expect((await queues.receive('make-key-pair', 1, 300)).length).toBe(1);
      clock.advance(300_000);
    }
    await dispatcher.drain();
    expect(handled.length).toBe(1);
    expect(await queues.deadLetters()).toEqual([]);
  });
});

describe('the outbox', () => {
  it('is published at least once: after a crash before it was noted, again', async () => {
    const memory = new MemoryOutbox();
    let crash = true;
    const outbox: Outbox = {
      pending: (limit) => memory.pending(limit),
      published: async (position) => {
        if (crash) throw new StoreError('store-unavailable');
        await memory.published(position);
      },
    };
    const { dispatcher, handled } = dispatching({}, { outbox });
    const events = [{ name: 'EnrollmentLocked', data: { enrollmentId: 'enr_1' } }] as const;
    memory.collect(enrollment({ events }), '2026-01-05T08:00:00.000Z');
    await expect(dispatcher.drain()).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await memory.pending(10)).toHaveLength(1);
    crash = false;
    await dispatcher.drain();
    expect(handled.length).toBeGreaterThanOrEqual(1);
    expect(new Set(handled)).toEqual(new Set(['notify-subscriber EnrollmentLocked enr_1.1.0']));
    expect(await memory.pending(10)).toEqual([]);
  });

  it('is noted as published only as far as the bus took it', async () => {
    const memory = new MemoryOutbox();
    const taken: string[] = [];
    const bus = {
      publish: async ({ id }: CloudEvent) => {
        if (taken.length === 2) throw new StoreError('store-unavailable');
        taken.push(id);
      },
    };
    const { dispatcher } = dispatching({}, { outbox: memory, bus });
    const events = Array.from(
      { length: 4 },
      () => ({ name: 'EnrollmentLocked', data: { enrollmentId: 'enr_1' } }) as const,
    );
    memory.collect(enrollment({ events }), '2026-01-05T08:00:00.000Z');
    await expect(dispatcher.drain()).rejects.toMatchObject({ code: 'store-unavailable' });
    expect((await memory.pending(10)).map(({ event: { id } }) => id)).toEqual(
      expect.arrayContaining(['enr_1.1.2', 'enr_1.1.3']),
    );
  });

  it('longer than a page is published whole, in order', async () => {
    const { dispatcher, outbox, handled } = dispatching();
    for (let version = 1; version <= 250; version += 1) {
      const events = [{ name: 'EnrollmentLocked', data: { enrollmentId: 'enr_1' } }] as const;
      outbox.collect(enrollment({ version, events }), '2026-01-05T08:00:00.000Z');
    }
    await dispatcher.drain();
    expect(new Set(handled).size).toBe(250);
    expect(await outbox.pending(10)).toEqual([]);
  });
});
