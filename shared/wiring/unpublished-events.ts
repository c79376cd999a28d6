import { DynamoUnpublishedEvents } from '#adapters/dynamodb/unpublished-events.ts';
import { environmentNames } from '#contract/environment.ts';
import type { UnpublishedEvents } from '#ports/unpublished-events.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What finds events that the table's stream lost. @throws SetUpError `not-set-up` */
export function openUnpublishedEvents({ environment, dynamoDb }: Opening): UnpublishedEvents {
  return new DynamoUnpublishedEvents(dynamoDb, {
    aggregates: given(environment, environmentNames.aggregatesTable),
    activity: given(environment, environmentNames.activityTable),
  });
}
