import type { Waiting } from '#adapters/aws/backoff.ts';

/** Time that passes only while somebody waits, and chance that always falls the same. */
export interface FakeWaiting extends Waiting {
  /** How long was waited each time, in milliseconds. */
  slept: number[];
}

/** @param random what chance gives, 0 to 1 */
export function fakeWaiting(random = 1): FakeWaiting {
  const slept: number[] = [];
  const start = Date.now();
  return {
    slept,
    now: () => start + slept.reduce((sum, each) => sum + each, 0),
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      slept.push(milliseconds);
    },
    random: () => random,
  };
}
