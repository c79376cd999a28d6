import { LimitError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { RateClass, RateLimiter } from '../rate-limit.ts';

/** Names a principal among those who ask: two organizations may have subjects of the same name. */
export function callerOf({ organization, subject }: Principal): string {
  return JSON.stringify([organization, subject]);
}

/**
 * Lets a caller go on who has not asked for too much.
 * @param count how many requests this is worth
 * @throws LimitError `too-many-requests`, with the seconds to wait
 */
export function checkRate(limits: RateLimiter, rate: RateClass, caller: string, count = 1): void {
  const answer = limits.take(rate, caller, count);
  if (answer.allowed) return;
  const { retryAfterSeconds } = answer;
  throw new LimitError('too-many-requests', {
    next: `Wait ${retryAfterSeconds} seconds.`,
    retryAfterSeconds,
  });
}
