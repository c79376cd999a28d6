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

/**
 * Does some work, and waits for it, but not once the time is up; the work then goes on, and what becomes of it is nobody's
 * business.
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
    return await Promise.race([begin(), up]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Stands for what did not come in time. */
export const timeIsUp = Symbol('time is up');
