import { AsyncLocalStorage } from 'node:async_hooks';
import { StoreError } from '#domain/errors.ts';

/** What AWS Lambda says of one invocation of a function; the part of its context that is used. */
export interface Invocation {
  awsRequestId: string;
  /** How long the function may still run. */
  getRemainingTimeInMillis(): number;
}

/** A function's time, which ends before AWS Lambda ends it: what comes then is still to be said and put away. */
export interface TimeLimit {
  /** Milliseconds until nothing more may be begun or awaited; 0 once there are none. */
  left(): number;
  /** Ends when the time is up. */
  readonly signal: AbortSignal;
  /** Lets go of the timer. */
  release(): void;
}

/**
 * The time that an invocation has for its work.
 * @param reserveMilliseconds how much of it is kept for what must be done once the time is up
 */
export function timeLimit(invocation: Invocation, reserveMilliseconds: number): TimeLimit {
  const ending = new AbortController();
  const left = () => Math.max(0, invocation.getRemainingTimeInMillis() - reserveMilliseconds);
  const timer = setTimeout(() => ending.abort(), left());
  if (left() === 0) ending.abort();
  return { left, signal: ending.signal, release: () => clearTimeout(timer) };
}

/** The time of the invocation that waits for what runs now. */
const waiting = new AsyncLocalStorage<AbortSignal>();

/**
 * Refuses what changes something once nobody waits for it any more. AWS Lambda may let a function sleep for hours, and what it had
 * in hand goes on then: whoever was told that the time was up may have thought better of it since.
 * @throws StoreError `store-unavailable`
 */
export function requireTime(): void {
  if (waiting.getStore()?.aborted !== true) return;
  throw new StoreError('store-unavailable', { why: 'the time for it was up before it was begun' });
}

/**
 * Does some work, and waits for it, but not once the time is up; the work then goes on as far as `requireTime` lets it, and what
 * becomes of it is nobody's business.
 * @param begin begins the work; not called where the time is up already
 * @returns what the work returned; `timeIsUp` if that came first
 * @throws what the work throws
 */
export async function whileTimeLasts<T>(
  signal: AbortSignal,
  begin: () => Promise<T>,
): Promise<T | typeof timeIsUp> {
  if (signal.aborted) return timeIsUp;
  const { promise: up, resolve } = Promise.withResolvers<typeof timeIsUp>();
  const end = () => resolve(timeIsUp);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([waiting.run(signal, begin), up]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Stands for what did not come in time. */
export const timeIsUp = Symbol('time is up');
