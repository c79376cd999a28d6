import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { environmentNames } from '#contract/environment.ts';
import type { Registry } from '#ports/registry.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** The aggregates. @throws SetUpError `not-set-up` */
export function openRegistry({ environment, dynamoDb, clock }: Opening): Registry {
  return new DynamoRegistry(dynamoDb, given(environment, environmentNames.aggregatesTable), clock);
}
