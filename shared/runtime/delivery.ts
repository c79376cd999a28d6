import type { ErrorCode } from '#domain/error-codes.ts';
import { asEscrowError } from '#domain/errors.ts';

/** How often a message is received before it is given up. */
export const mostReceives = 5;

const firstDelaySeconds = 1;
const longestDelaySeconds = 60;

/** What becomes of a message whose handler failed: it is tried again after a delay, or it goes to the dead letters. */
export type Disposition = { retryAfterSeconds: number } | { bury: ErrorCode };

/**
 * An error that may pass is tried again, with a capped exponential delay and full jitter; one that will not pass, or has
 * not passed often enough, goes to the dead letters with its code, where a person finds it and can redrive it.
 * @param receiveCount how often the message was received, this time included
 * @param random from 0 to 1
 */
export function afterFailure(error: unknown, receiveCount: number, random = Math.random()): Disposition {
  const { code, retryable } = asEscrowError(error);
  if (!retryable || receiveCount >= mostReceives) return { bury: code };
  const ceiling = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** (receiveCount - 1));
  return { retryAfterSeconds: ceiling * random };
}
