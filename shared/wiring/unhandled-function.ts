import { environmentNames } from '#contract/environment.ts';
import type { FunctionName } from '#contract/functions.ts';
import type { BatchResult } from '#runtime/lambda/queue-worker.ts';
import { type FallenMessage, keepFallen } from '#runtime/lambda/unhandled-worker.ts';
import { given } from './environment.ts';
import type { Handler } from './open-first.ts';
import { type WorkerOpening, workerFunction } from './worker-function.ts';

/** What became of messages that fell out of their queues. */
export interface KeptMessages {
  /** Those that could not be kept now, and why. */
  again: readonly { messageId: string; error: unknown }[];
  /** Those that are no event. */
  unreadable: readonly string[];
}

/**
 * Makes the handler of the function that takes what no consumer could even put away.
 * @param open opens what keeps it, and gives it
 * @throws SetUpError `not-set-up`
 */
export async function unhandledFunction(
  name: FunctionName,
  open: (opening: WorkerOpening) => (messages: readonly FallenMessage[]) => Promise<KeptMessages>,
): Promise<Handler<BatchResult>> {
  return await workerFunction([name], (opening) => {
    const { environment, log, counting } = opening;
    const keep = open(opening);
    const deadLetterQueues = given(environment, environmentNames.queueUrls);
    return async (batch) => {
      const { result, kept, messages } = await keepFallen(batch, deadLetterQueues, keep);
      counting.add('MessagesUnhandled', messages.length - kept.again.length);
      if (kept.unreadable.length > 0) {
        counting.add('MessagesUnreadable', kept.unreadable.length);
        log.error('unreadable', { count: kept.unreadable.length });
      }
      for (const { error } of kept.again) log.warn('store-unavailable', {}, error);
      return result;
    };
  });
}
