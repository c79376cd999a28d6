import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { openSns, SnsNotifier } from '#adapters/sns/notifier.ts';
import type { Clock } from '#ports/clock.ts';
import { startSnsDouble } from '#test/doubles/sns/sns-double.ts';
import { eventFeedContract } from './event-feed.contract.ts';
import { ledgerContract } from './ledger.contract.ts';
import { noticesContract } from './notices.contract.ts';
import { notifierContract } from './notifier.contract.ts';
import { feedOn, ledgerOn } from './subject-activity.ts';
import { onDynamoDb } from './subject-dynamodb.ts';

ledgerContract('DynamoLedger', (clock) => onDynamoDb((opened) => ledgerOn(opened, clock)));
eventFeedContract('DynamoEventFeed', (clock) => onDynamoDb((opened) => feedOn(opened, clock)));

/** A board that hands on to a topic. */
async function onBoard(clock: Clock) {
  const sns = await startSnsDouble();
  const subject = await onDynamoDb(({ tables }) => {
    Object.assign(process.env, sns.environment);
    const next = new SnsNotifier(openSns(), sns.topicArn);
    const board = new DynamoNoticeBoard(openDynamoDb(), tables.activity, clock, next);
    return {
      notifier: board,
      notices: board,
      delivered: () => sns.published.map(({ message }) => JSON.parse(message)),
    };
  });
  const close = async () => {
    await subject.close();
    await sns.close();
  };
  const closing = <T extends { reopen(): Promise<T> }>(opened: T): T => ({
    ...opened,
    reopen: async () => closing(await opened.reopen()),
    close,
  });
  return closing(subject);
}

noticesContract('DynamoNoticeBoard', onBoard);
notifierContract('DynamoNoticeBoard before SnsNotifier', onBoard);
