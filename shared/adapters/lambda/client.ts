import { LambdaClient } from '@aws-sdk/client-lambda';
import type { StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import { lambdaCalls, lambdaSettings } from './calls.ts';

/** Calls to AWS Lambda where the environment leads (AWS_REGION, AWS_ENDPOINT_URL_LAMBDA). */
export function openLambda(settings: StoreCallSettings = {}): StoreCalls<LambdaClient> {
  return lambdaCalls(new LambdaClient(lambdaSettings), settings);
}
