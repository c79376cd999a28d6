import { openSqs } from '#adapters/sqs/client.ts';
import { type QueuedMessage, SqsFailedMessages } from '#adapters/sqs/failed-messages.ts';
import { environmentNames } from '#contract/environment.ts';
import type { FailedMessages } from '#ports/messages.ts';
import { openDeadLetterStore } from './dead-letter-store.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What becomes of the messages of a queue that failed. @throws SetUpError `not-set-up` */
export function openFailedMessages(opening: Opening): FailedMessages<QueuedMessage> {
  const queueUrls = given(opening.environment, environmentNames.queueUrls);
  return new SqsFailedMessages(openSqs(), queueUrls, openDeadLetterStore(opening));
}
