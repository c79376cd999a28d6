import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance as arguments, so that tests can set them. */
export interface Waiting {
  /** Milliseconds since some beginning. */
  now(): number;
  /** Rejects when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** 0 to 1, as Math.random. */
  random(): number;
}

export const realWaiting: Waiting = {
  now: Date.now,
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
  random: Math.random,
};

const base = 50;
const cap = 5_000;

/**
 * How long to wait before a call is repeated: capped exponential backoff with full jitter, so that many who were throttled
 * together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * @param repetition 0 for the first
 * @returns milliseconds, 0 up to 50 for the first, up to 5,000 at most
 */
export function backoffMilliseconds(repetition: number, random: () => number): number {
  return random() * Math.min(cap, base * 2 ** repetition);
}
