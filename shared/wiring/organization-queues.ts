import { DynamoOrganizationQueues } from '#adapters/dynamodb/dead-letters.ts';
import { environmentNames } from '#contract/environment.ts';
import { InternalError } from '#domain/errors.ts';
import type { OrganizationQueues } from '#ports/organization-queues.ts';
import type { Registry } from '#ports/registry.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/**
 * What an organization may know of its messages. What waits is told by its enrollments, so a function that may not read those
 * cannot tell it. None is put back by it: `redrive.ts` opens what can.
 * @throws SetUpError `not-set-up`
 */
export function openOrganizationQueues(
  { environment, dynamoDb, clock }: Opening,
  registry: Pick<Registry, 'counts' | 'enrollments'> = noRegistry,
): OrganizationQueues {
  const table = given(environment, environmentNames.activityTable);
  return new DynamoOrganizationQueues({ calls: dynamoDb, table, clock, registry });
}

/** The registry of a function that has no business with enrollments. */
export const noRegistry: Pick<Registry, 'counts' | 'enrollments'> = { counts: refuse, enrollments: refuse };

async function refuse(): Promise<never> {
  throw new InternalError('internal', { cause: 'a function without aggregates asked for some' });
}
