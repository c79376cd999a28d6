import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { openSns, SnsNotifier } from '#adapters/sns/notifier.ts';
import { environmentNames } from '#contract/environment.ts';
import type { Notifier } from '#ports/notifier.ts';
import { requireTime } from '#runtime/lambda/invocation.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What tells subscribers: kept to be listed, and handed on to Amazon SNS. @throws SetUpError `not-set-up` */
export function openNotifier({ environment, dynamoDb, clock }: Opening): Notifier {
  const sns = new SnsNotifier(openSns(), given(environment, environmentNames.noticeTopic));
  // Whoever was frozen with a notice in hand leaves it: another has taken it since, and may have handed it on.
  const inTime: Notifier = {
    notify: async (notice) => {
      requireTime();
      await sns.notify(notice);
    },
  };
  return new DynamoNoticeBoard(dynamoDb, given(environment, environmentNames.activityTable), clock, inTime);
}
