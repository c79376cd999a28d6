import { describe, expect, it } from 'vitest';
import { Turns } from '#adapters/files/turns.ts';

describe('Turns', () => {
  /** Work that ends when it is told to. */
  function heldWork(log: string[], name: string) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const work = async () => {
      log.push(`${name} starts`);
      return promise;
    };
    return { work, resolve, reject };
  }

  it('lets work under one key run one after another, in the order of coming', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, second] = [heldWork(log, 'first'), heldWork(log, 'second')];
    const results = [turns.take('key', first.work), turns.take('key', second.work)];
    second.resolve('two');
    await new Promise(setImmediate);
    expect(log).toEqual(['first starts']);
    first.resolve('one');
    expect(await Promise.all(results)).toEqual(['one', 'two']);
    expect(log).toEqual(['first starts', 'second starts']);
  });

  it('lets work under other keys run meanwhile', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, second] = [heldWork(log, 'first'), heldWork(log, 'second')];
    const held = turns.take('key', first.work);
    const free = turns.take('other', second.work);
    second.resolve('two');
    expect(await free).toBe('two');
    first.resolve('one');
    expect(await held).toBe('one');
  });

  it('gives a failure to the one whose work failed, and the turn to the next', async () => {
    const turns = new Turns();
    const first = heldWork([], 'first');
    const failing = turns.take('key', first.work);
    const next = turns.take('key', async () => 'two');
    first.reject(new RangeError('broken'));
    await expect(failing).rejects.toThrow(RangeError);
    expect(await next).toBe('two');
    expect(await turns.take('key', async () => 'three')).toBe('three');
  });
});
