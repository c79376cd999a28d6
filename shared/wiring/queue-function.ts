import type { FunctionName, FunctionSpec } from '#contract/functions.ts';
import type { Consumer } from '#contract/subscriptions.ts';
import { InternalError } from '#domain/errors.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { type BatchResult, workThrough } from '#runtime/lambda/queue-worker.ts';
import { openFailedMessages } from './failed-messages.ts';
import { openLedger } from './ledger.ts';
import type { Handler } from './open-first.ts';
import { type WorkerOpening, workerFunction } from './worker-function.ts';

/** What a consumer's use case is opened with. */
export interface QueueOpening extends WorkerOpening {
  ledger: Ledger;
}

/** How a batch is worked through. */
export interface Pace {
  /** How many messages are worked on at the same time; 4 if absent. */
  lanes?: number;
  /** How long one may take, in seconds; 15 if absent. */
  needsSeconds?: number;
}

/**
 * Makes the handler of a function that works through a consumer's queue.
 * @param names the functions that the module is meant for
 * @param open opens what the use case needs, and gives it
 * @throws SetUpError `not-set-up`
 */
export async function queueFunction(
  names: readonly FunctionName[],
  open: (opening: QueueOpening) => Consumption | Promise<Consumption>,
  { lanes = 4, needsSeconds = 15 }: Pace = {},
): Promise<Handler<BatchResult>> {
  return await workerFunction(names, async (opening) => {
    const queues = openFailedMessages(opening);
    const work = await open({ ...opening, ledger: openLedger(opening) });
    const parts = { ...opening, consumer: consumerOf(opening.spec), work, queues, lanes, needsSeconds };
    return (batch, invocation) => workThrough(batch, invocation, parts);
  });
}

/** What becomes of an event. */
export type Consumption = (event: CloudEvent) => Promise<unknown>;

function consumerOf({ on, entry }: FunctionSpec): Consumer {
  if ('consumer' in on) return on.consumer;
  throw new InternalError('internal', { cause: `${entry} is of no consumer` });
}
