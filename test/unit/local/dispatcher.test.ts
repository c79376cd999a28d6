import { setImmediate as breath } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { retries, subscriptions } from '#contract/subscriptions.ts';
import { InputError, StoreError } from '#domain/errors.ts';
import type { CloudEvent, Outbox } from '#ports/messages.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryOutbox } from '#test/doubles/memory-registry.ts';
import { enrollment } from '#test/support/enrollment.ts';
import { LeapingQueues } from '#test/support/leaping-queues.ts';
import { dispatching, event } from './dispatching.ts';

/** A dispatcher that waits for nothing: the clock leaps to the next message. */
function draining(changes: Parameters<typeof dispatching>[2] = {}) {
  const clock = new ManualClock();
  return { clock, ...dispatching(clock, (memory) => new LeapingQueues(memory, clock), changes) };
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
    const { dispatcher, bus, handled, queues } = draining({ subscribed: subscriptions });
    const types = new Set(Object.values(subscriptions).flatMap((each) => [...each.types]));
    for (const type of types) await bus.publish(event(type, type));
    await bus.publish({ ...event('BackupEscrowed'), type: 'NobodyTakesThis' });
    await dispatcher.drain();
    const { 'make-identity-key-pair': _, ...others } = subscriptions;
    const expected = Object.entries(others).flatMap(([consumer, subscribed]) =>
      subscribed.types.map((type) => `${consumer} ${type} ${type}`),
    );
    expect(handled.sort()).toEqual(expected.sort());
    expect(await queues.depth()).toBe(0);
  });

  it('has nothing to do where nothing waits', async () => {
    const { dispatcher, handled } = draining();
    await dispatcher.drain();
    expect(handled).toEqual([]);
  });

  it('carries what the outbox holds, and what handlers cause, until nothing is left', async () => {
    const born = (version: number, name: 'EnrollmentAccepted' | 'EnrollmentKeyPairCreated') => {
      const data = { enrollmentId: 'enr_1', purpose: 'encryption' } as const;
      const events = [{ name, data }] as const;
      outbox.collect(enrollment({ version, events }), '2026-01-05T08:00:00.000Z');
    };
    const { outbox, ...rest } = draining({
      handlers: {
        'request-enrollment': async () => born(1, 'EnrollmentAccepted'),
        'make-encryption-key-pair': async () => born(2, 'EnrollmentKeyPairCreated'),
      },
    });
    await rest.bus.publish(event('EnrollmentRequested'));
    await rest.dispatcher.drain();
    expect(rest.handled).toEqual(['notify-subscriber EnrollmentKeyPairCreated enr_1.2.0']);
    expect(await outbox.pending(10)).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'misses nothing that a handler causes after %i turns of the loop',
    async (turns) => {
      const { dispatcher, bus, outbox, handled } = draining({
        handlers: {
          'make-encryption-key-pair': async () => {
            for (let turn = 0; turn < turns; turn += 1) await breath();
            const events = [{ name: 'EnrollmentLocked', data: { enrollmentId: 'enr_1' } }] as const;
            outbox.collect(enrollment({ events }), '2026-01-05T08:00:00.000Z');
          },
        },
      });
      await bus.publish(event('EnrollmentAccepted'));
      await dispatcher.drain();
      expect(handled).toEqual(['notify-subscriber EnrollmentLocked enr_1.1.0']);
    },
  );

  it('says how each delivery ended, and nothing of what the event carried', async () => {
    const { handle } = failing(1);
    const { dispatcher, bus, deliveries } = draining({ handlers: { 'make-encryption-key-pair': handle } });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    const told = {
      consumer: 'make-encryption-key-pair',
      eventType: 'EnrollmentAccepted',
      eventId: 'event-1',
    };
    expect(deliveries).toEqual([
      { ...told, receiveCount: 1, durationMs: 0, outcome: 'retry', code: 'store-unavailable' },
      { ...told, receiveCount: 2, durationMs: 0, outcome: 'done' },
    ]);
  });
});

/** How often what may pass is tried. */
const tries = retries['make-encryption-key-pair'].pauses.length + 1;

describe('a handler that fails', () => {
  it('is tried again with growing delays, until it succeeds', async () => {
    const { handle, calls } = failing(4);
    const { dispatcher, bus, queues, deliveries } = draining({
      handlers: { 'make-encryption-key-pair': handle },
    });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    expect(calls()).toBe(5);
    expect(deliveries.at(-1)?.outcome).toBe('done');
    expect(await queues.deadLetters()).toEqual([]);
    for (const [index, most] of [1, 2, 4, 8].entries())
      expect(queues.leaps[index] ?? 0).toBeLessThanOrEqual(most);
  });

  it('every time has its message buried, with the code of its last failure', async () => {
    const { handle, calls } = failing(Infinity);
    const { dispatcher, bus, queues, deliveries } = draining({
      handlers: { 'make-encryption-key-pair': handle },
    });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    expect(calls()).toBe(tries);
    const outcomes = [...Array.from({ length: tries - 1 }, () => 'retry'), 'buried'];
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(await queues.deadLetters('make-encryption-key-pair')).toMatchObject([
      { consumer: 'make-encryption-key-pair', code: 'store-unavailable', event: { id: 'event-1' } },
    ]);
    expect(await queues.depth()).toBe(0);
  });

  it('for good has its message buried at once', async () => {
    const { handle, calls } = failing(Infinity, () => new InputError('invalid-input', { field: 'purpose' }));
    const { dispatcher, bus, queues } = draining({ handlers: { 'request-enrollment': handle } });
    await bus.publish(event('EnrollmentRequested'));
    await dispatcher.drain();
    expect(calls()).toBe(1);
    expect(await queues.deadLetters()).toMatchObject([{ code: 'invalid-input' }]);
  });

  it('by a bug is tried again too, and its message is buried as internal', async () => {
    const { handle, calls } = failing(Infinity, () => new TypeError('x is undefined: secret'));
    const { dispatcher, bus, queues, deliveries } = draining({
      handlers: { 'make-encryption-key-pair': handle },
    });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    expect(calls()).toBe(tries);
    expect(await queues.deadLetters()).toMatchObject([{ code: 'internal' }]);
    expect(JSON.stringify([deliveries, await queues.deadLetters()])).not.toContain('secret');
  });

  it('takes no other message down', async () => {
    const { handle } = failing(Infinity, () => new InputError('invalid-input'));
    const { bus, dispatcher, queues, handled } = draining({
      handlers: { 'make-encryption-key-pair': handle },
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
    const { handle, calls } = failing(tries + 2);
    const { dispatcher, bus, queues } = draining({ handlers: { 'make-encryption-key-pair': handle } });
    await bus.publish(event('EnrollmentAccepted'));
    await dispatcher.drain();
    const [letter] = await queues.deadLetters();
    await queues.redrive(letter?.id ?? '');
    expect(await queues.deadLetters()).toEqual([]);
    await dispatcher.drain();
    expect(calls()).toBe(tries + 3);
    expect(await queues.deadLetters()).toEqual([]);
  });
});

describe('a consumer that crashed', () => {
  it('loses nothing: its message is visible again after its time, and counts on', async () => {
    const { bus, dispatcher, queues, clock, handled } = draining();
    await bus.publish(event('EnrollmentAccepted'));
    const [taken] = await queues.receive('make-encryption-key-pair', 1, 300);
    expect(taken?.receiveCount).toBe(1);
    clock.advance(299_000);
    await dispatcher.drain();
    expect(handled).toEqual(['make-encryption-key-pair EnrollmentAccepted event-1']);
    expect(queues.leaps).toEqual([1]);
    expect(await queues.depth()).toBe(0);
  });

  it('however often is handed its message again: who kills the process does not give the message up', async () => {
    const { bus, dispatcher, queues, clock, handled } = draining();
    await bus.publish(event('EnrollmentAccepted'));
    for (let crash = 0; crash < 7; crash += 1) {
      expect((await queues.receive('make-encryption-key-pair', 1, 300)).length).toBe(1);
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
    const { dispatcher, handled } = draining({ outbox });
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
    const { dispatcher } = draining({ outbox: memory, bus });
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
    const { dispatcher, outbox, handled } = draining();
    for (let version = 1; version <= 250; version += 1) {
      const events = [{ name: 'EnrollmentLocked', data: { enrollmentId: 'enr_1' } }] as const;
      outbox.collect(enrollment({ version, events }), '2026-01-05T08:00:00.000Z');
    }
    await dispatcher.drain();
    expect(new Set(handled).size).toBe(250);
    expect(await outbox.pending(10)).toEqual([]);
  });
});

describe('what is due later', () => {
  it('than within a minute is left where it is', async () => {
    const clock = new ManualClock();
    const { dispatcher, bus, queues, handled } = dispatching(clock, (memory) => memory);
    await bus.publish(event('EnrollmentAccepted'));
    const [taken] = await queues.receive('make-encryption-key-pair', 1, 300);
    if (taken !== undefined) await queues.release(taken, 61);
    await bus.publish(event('EnrollmentLocked'));
    await dispatcher.drain();
    expect(handled).toEqual(['notify-subscriber EnrollmentLocked event-1']);
    expect(await queues.depth()).toBe(1);
  });
});

describe('a store that fails as a delivery is put away', () => {
  it('ends the draining, once nothing is in hand', async () => {
    const slow = Promise.withResolvers<void>();
    const ended: string[] = [];
    const { dispatcher, bus, queues } = draining({
      handlers: {
        'make-encryption-key-pair': async ({ id }) => {
          if (id === 'slow') await slow.promise;
          ended.push(id);
        },
      },
    });
    queues.acknowledge = async (message) => {
      if (message.event.id !== 'slow') throw new StoreError('store-unavailable');
    };
    await bus.publish(event('EnrollmentAccepted', 'fast'));
    await bus.publish(event('EnrollmentAccepted', 'slow'));
    setTimeout(slow.resolve, 20);
    await expect(dispatcher.drain()).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(ended).toEqual(['fast', 'slow']);
    expect(dispatcher.inHand).toBe(0);
  });
});
