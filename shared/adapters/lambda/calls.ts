import type { LambdaClient } from '@aws-sdk/client-lambda';
import { clientSettings, neverInClear } from '../aws/client.ts';
import { type StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import type { StoreService } from '../aws/store-errors.ts';

/** What the errors of AWS Lambda mean (API reference, Invoke). */
const lambda: StoreService = {
  name: 'AWS Lambda',
  page: 'docs/deploy.md',
  meanings: {
    ServiceException: { code: 'store-unavailable', effect: 'unknown', why: 'AWS Lambda failed inside' },
    TooManyRequestsException: {
      code: 'store-unavailable',
      effect: 'none',
      why: 'AWS Lambda runs as many functions as this account may',
    },
    ResourceNotFoundException: {
      code: 'store-misconfigured',
      effect: 'final',
      why: 'there is no such function on AWS Lambda',
    },
  },
};

/** Less than the function that asks has itself. The function that is asked may well take all of it. */
const times = { callMilliseconds: 22_000, requestMilliseconds: 22_000 };

/**
 * A connection that was kept while AWS Lambda had this function sleep is often dead, and a call that dies with it is not repeated:
 * the function that was asked may have begun. So each call has a connection of its own.
 */
const ownConnection = { keepAlive: false };
const requestHandler = {
  ...clientSettings.requestHandler,
  httpAgent: ownConnection,
  httpsAgent: ownConnection,
};

/** How a client of AWS Lambda is made: region and endpoint are where the environment leads (AWS_REGION, AWS_ENDPOINT_URL_LAMBDA). */
export const lambdaSettings = { ...clientSettings, requestHandler };

/** Calls to AWS Lambda by a client that was made as `lambdaSettings` say. */
export function lambdaCalls(
  client: LambdaClient,
  settings: StoreCallSettings = {},
): StoreCalls<LambdaClient> {
  return new StoreCalls(neverInClear(client), lambda, { ...times, ...settings });
}
