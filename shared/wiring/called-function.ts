import type { FunctionName } from '#contract/functions.ts';
import { asEscrowError, type EscrowError } from '#domain/errors.ts';
import type { Ledger } from '#ports/ledger.ts';
import { openLedger } from './ledger.ts';
import type { Handler } from './open-first.ts';
import { type WorkerOpening, workerFunction } from './worker-function.ts';

/** What a function is opened with that another one calls, and waits for. */
export interface CalledOpening extends WorkerOpening {
  ledger: Ledger;
}

/** An error as the caller is told it: what a caller may know, and no cause. */
export interface ToldError {
  error: Omit<EscrowError['details'], 'cause'> & { code: string };
}

/**
 * Makes the handler of a function that another one calls. What its work throws comes back as a reply, so that the caller can tell
 * why; what cannot even be opened is a failed invocation.
 * @param names the functions that the module is meant for
 * @param open opens what the work needs, and gives the work
 * @throws SetUpError `not-set-up`
 */
export async function calledFunction<Reply>(
  names: readonly FunctionName[],
  open: (opening: CalledOpening) => Promise<(order: unknown) => Promise<Reply>>,
): Promise<Handler<Reply | ToldError>> {
  return await workerFunction(names, async (opening) => {
    const work = await open({ ...opening, ledger: openLedger(opening) });
    return async (order) => {
      try {
        return await work(order);
      } catch (thrown) {
        const error = asEscrowError(thrown);
        if (error.code === 'internal') opening.log.error('unexpected', {}, error);
        const { cause: _, ...details } = error.details;
        return { error: { code: error.code, ...details } };
      }
    };
  });
}
