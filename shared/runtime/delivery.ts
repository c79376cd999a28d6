import { isPlainRequest } from '#contract/enrollment-requested.ts';
import type { Consumer, RetryPolicy } from '#contract/subscriptions.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { asEscrowError } from '#domain/errors.ts';
import type { Message } from '#ports/messages.ts';

/** What becomes of a message whose handler failed: it is tried again after a delay, or it goes to the dead letters. */
export type Disposition = { retryAfterSeconds: number } | { bury: ErrorCode };

/** What of a pause a delay is, at least and at most, by how the policy spreads it. */
const spreads: Readonly<Record<RetryPolicy['jitter'], { least: number; most: number }>> = {
  half: { least: 0.5, most: 1 },
  slight: { least: 1, most: 1.1 },
};

/**
 * An error that may pass is tried again as its consumer's policy says; one that will not pass, or has not passed often
 * enough, goes to the dead letters with its code, where a person finds it and can redrive it.
 * @param tries how often the message was tried, this time included
 * @param random from 0 to 1
 */
export function afterFailure(
  policy: RetryPolicy,
  error: unknown,
  tries: number,
  random = Math.random(),
): Disposition {
  const { code, retryable, details } = asEscrowError(error);
  const pause = policy.pauses[tries - 1];
  if (!retryable || pause === undefined) return { bury: code };
  const { least, most } = spreads[policy.jitter];
  const spread = pause * (least + (most - least) * random);
  // Never sooner than planned: a target that asks for no pause at all would use up all tries at once.
  const asked = Math.min(details.retryAfterSeconds ?? 0, policy.longestAsked);
  return { retryAfterSeconds: Math.max(spread, asked) };
}

/**
 * How often a message was tried, of which SQS only knows how often it was handed out: a function that was throttled, or had no
 * time left, gave it back untried. No more tries were made than pauses, at their shortest, fit into the message's age.
 * @param ageSeconds since it was sent
 */
export function triesOf(policy: RetryPolicy, receiveCount: number, ageSeconds: number): number {
  const { least } = spreads[policy.jitter];
  let [tries, over] = [1, 0];
  for (const pause of policy.pauses) {
    over += pause * least;
    if (over > ageSeconds) break;
    tries += 1;
  }
  return Math.min(receiveCount, tries);
}

/** The one consumer whose messages come from outside. */
const fromOutside: Consumer = 'request-enrollment';

/**
 * What of a message goes to the dead letters. What was refused as input is left out: where a field is unknown or wrong, a
 * secret may stand in it. Its sender has it, and must correct it and send it anew; a redrive could only be refused again. So is
 * what would have been refused, had its consumer come as far as reading it.
 */
export function keptOf<M extends Message>(message: M, code: ErrorCode): M {
  const { family } = errorTable[code];
  const isRefused = family === 'input' || family === 'access';
  const mayBeKept = message.consumer !== fromOutside || isPlainRequest(message.event.data);
  if (!isRefused && mayBeKept) return message;
  return { ...message, event: { ...message.event, data: null } };
}
