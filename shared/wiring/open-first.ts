import { asEscrowError } from '#domain/errors.ts';
import type { Invocation } from '#runtime/lambda/invocation.ts';
import { openedOnce } from '#runtime/lambda/opened-once.ts';
import { endsWithin } from '#runtime/within.ts';

/** What AWS Lambda calls: with an event of whatever sets the function to work, and what it says of the invocation. */
export type Handler<Result> = (event: unknown, invocation: Invocation) => Promise<Result>;

/** AWS Lambda ends what takes more than ten seconds before the first invocation, and begins anew. */
const longestStart = 8_000;

/**
 * Opens what a function works with while AWS Lambda waits for it, before the first invocation. What fails or is late then is
 * tried again or awaited by the first invocation, which can tell somebody; what is not set up never passes.
 * @returns gives what was opened, or throws what the opening threw
 * @throws SetUpError `not-set-up`
 */
export async function openFirst<T>(open: () => Promise<T>): Promise<() => Promise<T>> {
  const opened = openedOnce(open);
  let failure: unknown;
  const first = opened().catch((error: unknown) => {
    failure = error;
  });
  await endsWithin(longestStart, first);
  if (failure !== undefined && asEscrowError(failure).code === 'not-set-up') throw failure;
  return opened;
}
