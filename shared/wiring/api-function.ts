import { environmentNames } from '#contract/environment.ts';
import type { FunctionName } from '#contract/functions.ts';
import { InternalError } from '#domain/errors.ts';
import type { IdempotencyKeys } from '#ports/idempotency-keys.ts';
import type { Ledger } from '#ports/ledger.ts';
import { Api } from '#runtime/http/api.ts';
import type { Endpoint } from '#runtime/http/endpoint.ts';
import type { ApiResult } from '#runtime/lambda/api-event.ts';
import { answerEvent } from '#runtime/lambda/api-worker.ts';
import { RateLimiter } from '#runtime/rate-limit.ts';
import { RefusedTokens } from '#runtime/tokens/refused-tokens.ts';
import { createTokenVerifier } from '#runtime/tokens/token-verifier.ts';
import { given } from './environment.ts';
import { openIdempotencyKeys } from './idempotency-keys.ts';
import { openLedger } from './ledger.ts';
import { type Handler, openFirst } from './open-first.ts';
import { beginFunction, type Opening } from './opening.ts';
import { readTokenSettings } from './tokens.ts';

/** What the endpoints of a function are opened with; every one of them records what it refuses. */
export interface ApiOpening extends Opening {
  ledger: Ledger;
  /** The same that the routes claim keys with, for a use case that claims some itself. */
  idempotencyKeys: IdempotencyKeys;
}

/**
 * Makes the handler of a function that answers routes: its endpoints behind the API, which verifies tokens, reads requests and
 * says by problem documents what it refuses.
 * @param open opens what the endpoints need, and gives them
 * @throws SetUpError `not-set-up`
 */
export async function apiFunction(
  name: FunctionName,
  open: (opening: ApiOpening) => Endpoint[] | Promise<Endpoint[]>,
): Promise<Handler<ApiResult>> {
  const opening = beginFunction([name]);
  const { clock, environment, log, tracing } = opening;
  const settings = readTokenSettings(opening);
  const ledger = openLedger(opening);
  const idempotencyKeys = claimsOf(opening);
  const opened = await openFirst(async () => {
    return new Api({
      resource: given(environment, environmentNames.resource),
      endpoints: await open({ ...opening, ledger, idempotencyKeys }),
      tokens: createTokenVerifier({ ...settings, clock }),
      refusedTokens: new RefusedTokens({ ledger, clock }),
      limits: new RateLimiter(clock),
      idempotencyKeys,
      ledger,
      clock,
      log,
      tracing,
    });
  });
  return (event, invocation) =>
    log.during(invocation.awsRequestId, () => answerEvent(event, invocation, { opened, log }));
}

/** Where a function may claim no keys, none of its routes does. */
function claimsOf(opening: Opening): IdempotencyKeys {
  if (opening.spec.uses.includes('claims:write')) return openIdempotencyKeys(opening);
  return {
    async claim() {
      throw new InternalError('internal', { cause: `${opening.name} claims an idempotency key` });
    },
  };
}
