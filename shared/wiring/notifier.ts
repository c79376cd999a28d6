import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { openSns, SnsNotifier } from '#adapters/sns/notifier.ts';
import { environmentNames } from '#contract/environment.ts';
import type { Notifier } from '#ports/notifier.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What tells subscribers: kept to be listed, and handed on to Amazon SNS. @throws SetUpError `not-set-up` */
export function openNotifier({ environment, dynamoDb, clock }: Opening): Notifier {
  const sns = new SnsNotifier(openSns(), given(environment, environmentNames.noticeTopic));
  return new DynamoNoticeBoard(dynamoDb, given(environment, environmentNames.activityTable), clock, sns);
}
