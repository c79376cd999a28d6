import { environmentNames } from '#contract/environment.ts';
import type { FunctionName } from '#contract/functions.ts';
import type { Counting } from '#runtime/counting.ts';
import { failedInvocation } from '#runtime/lambda/failed-invocation.ts';
import { lambdaMetrics } from '#runtime/lambda/metrics.ts';
import { given } from './environment.ts';
import { type Handler, openFirst } from './open-first.ts';
import { beginFunction, type Opening } from './opening.ts';

/** What a function that works by itself is opened with. */
export interface WorkerOpening extends Opening {
  counting: Counting;
}

/**
 * Makes the handler of a function that no person waits for: it counts what it does, and what it throws tells AWS Lambda a code
 * and no more. AWS Lambda then counts a failed invocation, and begins it again where it can.
 * @param names the functions that the module is meant for
 * @param open opens what the work needs, and gives the work
 * @throws SetUpError `not-set-up`
 */
export async function workerFunction<Result>(
  names: readonly FunctionName[],
  open: (opening: WorkerOpening) => Handler<Result> | Promise<Handler<Result>>,
): Promise<Handler<Result>> {
  const opening = beginFunction(names);
  const { name, environment, log } = opening;
  const counting = lambdaMetrics({ function: name, stage: given(environment, environmentNames.stage) });
  const opened = await openFirst(async () => await open({ ...opening, counting }));
  const invoked: Handler<Result> = async (event, invocation) => {
    try {
      const work = await opened();
      return await work(event, invocation);
    } catch (error) {
      log.error('unexpected', {}, error);
      throw failedInvocation(error);
    } finally {
      counting.publish();
    }
  };
  return (event, invocation) => log.during(invocation.awsRequestId, () => invoked(event, invocation));
}
