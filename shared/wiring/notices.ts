import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { environmentNames } from '#contract/environment.ts';
import type { Notices } from '#ports/notices.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What subscribers were told. @throws SetUpError `not-set-up` */
export function openNotices({ environment, dynamoDb, clock }: Opening): Notices {
  return new DynamoNoticeBoard(dynamoDb, given(environment, environmentNames.activityTable), clock);
}
