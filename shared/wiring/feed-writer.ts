import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { environmentNames } from '#contract/environment.ts';
import type { EventFeedWriter } from '#ports/event-feed.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What fills the feed. @throws SetUpError `not-set-up` */
export function openFeedWriter({ environment, dynamoDb, clock }: Opening): EventFeedWriter {
  return new DynamoEventFeedAppender(dynamoDb, given(environment, environmentNames.activityTable), clock);
}
