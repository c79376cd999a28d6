import { DynamoDeadLetterStore } from '#adapters/dynamodb/dead-letter-store.ts';
import { environmentNames } from '#contract/environment.ts';
import type { DeadLetterStore } from '#ports/dead-letter-store.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What takes in dead letters. @throws SetUpError `not-set-up` */
export function openDeadLetterStore({ environment, dynamoDb, clock }: Opening): DeadLetterStore {
  return new DynamoDeadLetterStore(dynamoDb, given(environment, environmentNames.activityTable), clock);
}
