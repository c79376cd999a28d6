import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { whileWaiting } from '../../../cli/terminal/waiting.ts';

describe('long work', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function waited(isTerminal: boolean, fails = false) {
    const written: string[] = [];
    const settings = { what: 'Trying', isTerminal, write: (text: string) => void written.push(text) };
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const work = whileWaiting(settings, () => promise).catch(() => 'failed');
    await vi.advanceTimersByTimeAsync(2_500);
    if (fails) reject(new TypeError('no'));
    else resolve('done');
    const result = await work;
    await vi.advanceTimersByTimeAsync(5_000);
    return { result, written };
  }

  it('tells at a terminal how long it takes, and leaves nothing there', async () => {
    expect(await waited(true)).toEqual({
      result: 'done',
      written: ['Trying ...', '\rTrying ... 1 s\u001b[K', '\rTrying ... 2 s\u001b[K', '\r\u001b[K'],
    });
  });

  it('leaves nothing there when it fails', async () => {
    const { result, written } = await waited(true, true);
    expect([result, written.at(-1)]).toEqual(['failed', '\r\u001b[K']);
  });

  it('tells once elsewhere', async () => {
    expect(await waited(false)).toEqual({ result: 'done', written: ['Trying ...\n'] });
  });
});
