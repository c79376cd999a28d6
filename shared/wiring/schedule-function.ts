import type { FunctionName } from '#contract/functions.ts';
import { type TimeLimit, timeLimit } from '#runtime/lambda/invocation.ts';
import type { Handler } from './open-first.ts';
import { type WorkerOpening, workerFunction } from './worker-function.ts';

/** Kept of a function's time for what must be told once the time is up, in milliseconds. */
const reserve = 5_000;

/**
 * Makes the handler of a function that the clock sets to work. What it throws is a failed invocation, which somebody is told of.
 * @param open opens what the work needs, and gives the work, which begins nothing more once its time is up
 * @throws SetUpError `not-set-up`
 */
export async function scheduleFunction(
  name: FunctionName,
  open: (opening: WorkerOpening) => Scheduled | Promise<Scheduled>,
): Promise<Handler<void>> {
  return await workerFunction([name], async (opening) => {
    const work = await open(opening);
    return async (event, invocation) => {
      const time = timeLimit(invocation, reserve);
      try {
        await work(time, event);
      } finally {
        time.release();
      }
    };
  });
}

/** What is done each time. The event says no more than that it is time, but where somebody sets the function to work by hand. */
export type Scheduled = (time: TimeLimit, event: unknown) => Promise<unknown>;
