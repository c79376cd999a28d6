import { DynamoIdempotencyKeys } from '#adapters/dynamodb/idempotency-keys.ts';
import { environmentNames } from '#contract/environment.ts';
import type { IdempotencyKeys } from '#ports/idempotency-keys.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What knows a request that comes again. @throws SetUpError `not-set-up` */
export function openIdempotencyKeys({ environment, dynamoDb, clock }: Opening): IdempotencyKeys {
  return new DynamoIdempotencyKeys(dynamoDb, given(environment, environmentNames.activityTable), clock);
}
