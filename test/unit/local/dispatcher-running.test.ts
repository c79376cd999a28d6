import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InputError, StoreError } from '#domain/errors.ts';
import type { Dispatcher } from '#local/dispatcher.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { MemoryOutbox } from '#test/doubles/memory-registry.ts';
import { enrollment } from '#test/support/enrollment.ts';
import { eventually } from '#test/support/eventually.ts';
import { dispatching, event } from './dispatching.ts';

const running: Dispatcher[] = [];
afterEach(async () => {
  for (const dispatcher of running.splice(0)) await dispatcher.stop(10_000);
});

/** A dispatcher at work, by the real time. */
function atWork(changes: Parameters<typeof dispatching>[2] = {}) {
  const world = dispatching({ now: () => new Date() }, (memory) => memory, changes);
  running.push(world.dispatcher);
  world.dispatcher.start();
  return world;
}

/** A handler that says when it began, and ends when it is let. */
function gated() {
  const gate = Promise.withResolvers<void>();
  const began: string[] = [];
  const ended: string[] = [];
  const handle = async ({ id }: CloudEvent) => {
    began.push(id);
    await gate.promise;
    ended.push(id);
  };
  return { handle, began, ended, open: () => gate.resolve() };
}

describe('a dispatcher at work', () => {
  it('does what is there, and what comes later, without being asked', async () => {
    const { bus, dispatcher, handled, queues } = atWork();
    await bus.publish(event('EnrollmentAccepted', 'first'));
    dispatcher.nudge();
    await eventually(() => expect(handled).toHaveLength(1));
    await bus.publish(event('EnrollmentLocked', 'second'));
    await eventually(() => expect(handled).toHaveLength(2));
    expect(await queues.depth()).toBe(0);
  });

  it('carries what aggregates bore', async () => {
    const { dispatcher, outbox, handled } = atWork();
    const events = [{ name: 'EnrollmentLocked', data: { enrollmentId: 'enr_1' } }] as const;
    for (let version = 1; version <= 120; version += 1) {
      outbox.collect(enrollment({ version, events }), '2026-01-05T08:00:00.000Z');
    }
    dispatcher.nudge();
    await eventually(() => expect(handled).toHaveLength(120));
    expect(await outbox.pending(10)).toEqual([]);
  });

  it('tries again what failed, after its pause', async () => {
    let calls = 0;
    const { bus, dispatcher, deliveries } = atWork({
      handlers: {
        'make-encryption-key-pair': async () => {
          calls += 1;
          if (calls === 1) throw new StoreError('store-unavailable');
        },
      },
    });
    await bus.publish(event('EnrollmentAccepted'));
    dispatcher.nudge();
    await eventually(() => expect(deliveries).toHaveLength(2));
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['retry', 'done']);
  });

  it('does not ask its stores again and again where there is nothing to do', async () => {
    const { dispatcher, bus, queues, handled } = atWork();
    await bus.publish(event('EnrollmentAccepted'));
    dispatcher.nudge();
    await eventually(() => expect(handled).toHaveLength(1));
    const receive = vi.spyOn(queues, 'receive');
    await pause(300);
    // A turn asks for each of a handful of consumers: this is a few turns, where a busy loop has thousands.
    expect(receive.mock.calls.length).toBeLessThan(50);
  });
});

describe('the lanes', () => {
  it('keep a consumer that is slow from holding up another', async () => {
    const { handle, began, open } = gated();
    const { bus, dispatcher, handled } = atWork({ handlers: { 'deliver-webhook': handle } });
    for (let number = 0; number < 40; number += 1) {
      await bus.publish(event('WebhookDeliveryRequested', `slow-${number}`));
    }
    dispatcher.nudge();
    await eventually(() => expect(began).toHaveLength(16));
    for (let number = 0; number < 10; number += 1)
      await bus.publish(event('EnrollmentAccepted', `${number}`));
    dispatcher.nudge();
    await eventually(() => expect(handled).toHaveLength(10));
    expect(began).toHaveLength(16);
    open();
    await eventually(() => expect(began).toHaveLength(40));
  });

  it('keep one slow message from holding up the others of its consumer', async () => {
    const { handle, ended, open } = gated();
    const done: string[] = [];
    const { bus, dispatcher } = atWork({
      handlers: {
        'make-encryption-key-pair': async (each) => {
          if (each.id === 'slow') await handle(each);
          done.push(each.id);
        },
      },
    });
    await bus.publish(event('EnrollmentAccepted', 'slow'));
    for (let number = 0; number < 12; number += 1)
      await bus.publish(event('EnrollmentAccepted', `${number}`));
    dispatcher.nudge();
    await eventually(() => expect(done).toHaveLength(12));
    expect(ended).toEqual([]);
    open();
    await eventually(() => expect(done.at(-1)).toBe('slow'));
  });

  it('hold no more than their consumer may have', async () => {
    let atOnce = 0;
    let most = 0;
    const { bus, dispatcher, handled } = atWork({
      handlers: {
        'make-encryption-key-pair': async () => {
          atOnce += 1;
          most = Math.max(most, atOnce);
          await pause(2);
          atOnce -= 1;
          handled.push('done');
        },
      },
    });
    for (let number = 0; number < 30; number += 1)
      await bus.publish(event('EnrollmentAccepted', `${number}`));
    dispatcher.nudge();
    await eventually(() => expect(handled).toHaveLength(30));
    expect(most).toBe(4);
  });
});

describe('a store that does not answer', () => {
  it('is told of, and asked again until it does', async () => {
    const memory = new MemoryOutbox();
    let refusals = 2;
    const troubles: unknown[] = [];
    const outbox = {
      published: (position: number) => memory.published(position),
      pending: async (limit: number) => {
        if (refusals === 0) return await memory.pending(limit);
        refusals -= 1;
        throw new StoreError('store-unavailable');
      },
    };
    const { handled } = atWork({ outbox, onTrouble: (error) => troubles.push(error) });
    const events = [{ name: 'EnrollmentLocked', data: { enrollmentId: 'enr_1' } }] as const;
    memory.collect(enrollment({ events }), '2026-01-05T08:00:00.000Z');
    await eventually(() => expect(handled).toHaveLength(1));
    expect(troubles).toMatchObject([{ code: 'store-unavailable' }, { code: 'store-unavailable' }]);
  });

  it('as a delivery is put away is told of, and work goes on', async () => {
    const troubles: unknown[] = [];
    const { bus, dispatcher, queues, handled } = atWork({ onTrouble: (error) => troubles.push(error) });
    vi.spyOn(queues, 'acknowledge').mockRejectedValueOnce(new StoreError('store-unavailable'));
    await bus.publish(event('EnrollmentAccepted', 'first'));
    dispatcher.nudge();
    await eventually(() => expect(troubles).toHaveLength(1));
    await bus.publish(event('EnrollmentAccepted', 'second'));
    await eventually(() => expect(handled.at(-1)).toContain('second'));
  });

  it('does not hold up the end', async () => {
    const outbox = new MemoryOutbox();
    let asked = 0;
    outbox.pending = async () => {
      asked += 1;
      throw new StoreError('store-unavailable');
    };
    const { dispatcher } = atWork({ outbox });
    await eventually(() => expect(asked).toBeGreaterThan(3));
    expect(await dispatcher.stop(10_000)).toBe(true);
  });
});

describe('stopping', () => {
  it('finishes what is in hand, and takes no more', async () => {
    const { handle, began, ended, open } = gated();
    const { bus, dispatcher, queues } = atWork({ handlers: { 'make-encryption-key-pair': handle } });
    for (let number = 0; number < 10; number += 1)
      await bus.publish(event('EnrollmentAccepted', `${number}`));
    dispatcher.nudge();
    await eventually(() => expect(began).toHaveLength(4));
    const stopping = dispatcher.stop(60_000);
    await pause(20);
    expect(dispatcher.inHand).toBe(4);
    open();
    expect(await stopping).toBe(true);
    expect(ended).toEqual(began);
    expect(ended).toHaveLength(4);
    expect(dispatcher.inHand).toBe(0);
    expect(await queues.depth()).toBe(6);
    dispatcher.nudge();
    await pause(20);
    expect(began).toHaveLength(4);
  });

  it('waits for what does not end no longer than it was told to', async () => {
    const { handle, began, open } = gated();
    const { bus, dispatcher, queues } = atWork({ handlers: { 'make-encryption-key-pair': handle } });
    await bus.publish(event('EnrollmentAccepted'));
    dispatcher.nudge();
    await eventually(() => expect(began).toHaveLength(1));
    expect(await dispatcher.stop(20)).toBe(false);
    expect(await queues.depth()).toBe(1);
    open();
  });

  it('while nothing is there ends at once', async () => {
    const { dispatcher } = atWork();
    expect(await dispatcher.stop(10_000)).toBe(true);
    expect(await dispatcher.stop(10_000)).toBe(true);
  });

  it('before it was started is no trouble', async () => {
    const { dispatcher } = dispatching({ now: () => new Date() }, (memory) => memory);
    expect(await dispatcher.stop(10_000)).toBe(true);
  });
});

describe('what a handler throws', () => {
  it('is told with the delivery, for the log', async () => {
    const thrown = new InputError('invalid-input');
    const told = new EventTarget();
    const heard = once(told, 'delivery');
    const { bus, dispatcher } = atWork({
      handlers: { 'make-encryption-key-pair': () => Promise.reject(thrown) },
      onDelivery: (delivery, error) =>
        told.dispatchEvent(new CustomEvent('delivery', { detail: { delivery, error } })),
    });
    await bus.publish(event('EnrollmentAccepted'));
    dispatcher.nudge();
    const [{ detail }] = await heard;
    expect(detail.error).toBe(thrown);
    expect(detail.delivery).toMatchObject({ outcome: 'buried', code: 'invalid-input', receiveCount: 1 });
  });
});
