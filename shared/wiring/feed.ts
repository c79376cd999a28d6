import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { environmentNames } from '#contract/environment.ts';
import type { EventFeed } from '#ports/event-feed.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** The events that organizations may follow. @throws SetUpError `not-set-up` */
export function openFeed({ environment, dynamoDb, clock }: Opening): EventFeed {
  return new DynamoEventFeed(dynamoDb, given(environment, environmentNames.activityTable), clock);
}
