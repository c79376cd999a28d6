import { describe, expect, it } from 'vitest';
import { whileWanted } from '#adapters/call-limits.ts';
import { Turns } from '#adapters/files/turns.ts';
import { outcomeOf } from '#test/contract/subject.ts';

/** Work that ends when the test says so, and what became of it. */
function slowWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const events: string[] = [];
  return {
    events,
    start: () => {
      events.push('started');
      return promise;
    },
    undo: async (late: string) => {
      events.push(`undone ${late}`);
    },
    end: async (result: string) => {
      resolve(result);
      await settled();
    },
    fail: async (error: Error) => {
      reject(error);
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('whileWanted', () => {
  it('gives what the work gives, and undoes nothing', async () => {
    const work = slowWork();
    const given = whileWanted({ signal: new AbortController().signal }, work.start, work.undo);
    await work.end('key');
    expect(await given).toBe('key');
    expect(work.events).toEqual(['started']);
  });

  it('passes the error of the work on', async () => {
    const work = slowWork();
    const given = whileWanted({ deadline: new Date(Date.now() + 60_000) }, work.start, work.undo);
    const heard = expect(given).rejects.toThrow('of the work');
    await work.fail(new TypeError('of the work'));
    await heard;
  });

  it('begins nothing for who has given up already', async () => {
    const work = slowWork();
    const aborted = whileWanted({ signal: AbortSignal.abort() }, work.start, work.undo);
    expect(await outcomeOf(aborted)).toBe('operation-cancelled');
    const late = whileWanted({ deadline: new Date(0) }, work.start, work.undo);
    expect(await outcomeOf(late)).toBe('provider-unavailable');
    expect(work.events).toEqual([]);
  });

  it('lets go at once who gives up, and undoes what comes later', async () => {
    const work = slowWork();
    const controller = new AbortController();
    const outcome = outcomeOf(whileWanted(controller, work.start, work.undo));
    controller.abort();
    expect(await outcome).toBe('operation-cancelled');
    expect(work.events).toEqual(['started']);
    await work.end('key');
    expect(work.events).toEqual(['started', 'undone key']);
  });

  it('lets go at the deadline', async () => {
    const work = slowWork();
    const outcome = outcomeOf(whileWanted({ deadline: new Date(Date.now() + 20) }, work.start, work.undo));
    expect(await outcome).toBe('provider-unavailable');
    await work.end('key');
    expect(work.events).toEqual(['started', 'undone key']);
  });

  it('takes no notice of who gives up what has arrived', async () => {
    const work = slowWork();
    const controller = new AbortController();
    const given = whileWanted(controller, work.start, work.undo);
    await work.end('key');
    controller.abort();
    expect(await given).toBe('key');
    await settled();
    expect(work.events).toEqual(['started']);
  });

  it('lets nobody between work that came too late and its undoing', async () => {
    const turns = new Turns();
    const work = slowWork();
    const controller = new AbortController();
    const inTurn = <T>(each: () => Promise<T>) => turns.take('name', each);
    const outcome = outcomeOf(whileWanted(controller, work.start, work.undo, inTurn));
    await settled();
    controller.abort();
    await outcome;
    const next = turns.take('name', async () => work.events.push('next'));
    await work.end('key');
    await next;
    expect(work.events).toEqual(['started', 'undone key', 'next']);
  });

  it('begins nothing for who gave up while others had their turn', async () => {
    const turns = new Turns();
    const before = slowWork();
    void turns.take('name', before.start);
    const work = slowWork();
    const controller = new AbortController();
    const inTurn = <T>(each: () => Promise<T>) => turns.take('name', each);
    const outcome = outcomeOf(whileWanted(controller, work.start, work.undo, inTurn));
    controller.abort();
    expect(await outcome).toBe('operation-cancelled');
    await before.end('other');
    expect(work.events).toEqual([]);
  });

  it('keeps to itself that work nobody waits for failed', async () => {
    const work = slowWork();
    const controller = new AbortController();
    const outcome = outcomeOf(whileWanted(controller, work.start, work.undo));
    controller.abort();
    expect(await outcome).toBe('operation-cancelled');
    await work.fail(new TypeError('too late to matter'));
    expect(work.events).toEqual(['started']);
  });

  it('waits for a deadline that is farther away than a timer can count', async () => {
    const work = slowWork();
    const given = whileWanted({ deadline: new Date(8.64e15) }, work.start, work.undo);
    await settled();
    await work.end('key');
    expect(await given).toBe('key');
  });
});
