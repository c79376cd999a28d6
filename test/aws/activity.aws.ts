import { inject } from 'vitest';
import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { eventFeedContract } from '#test/contract/event-feed.contract.ts';
import { ledgerContract } from '#test/contract/ledger.contract.ts';
import { noticesContract } from '#test/contract/notices.contract.ts';
import { notifierContract } from '#test/contract/notifier.contract.ts';
import { feedOn, ledgerOn } from '#test/contract/subject-activity.ts';
import type { ManualClock } from '#test/doubles/clock.ts';
import { MemoryNotifier } from '#test/doubles/memory-notifier.ts';
import { onDynamoDbAccount } from './dynamodb-account.ts';

ledgerContract('DynamoLedger on AWS', (clock) =>
  onDynamoDbAccount(inject('runId'), (opened) => ledgerOn(opened, clock)),
);

eventFeedContract('DynamoEventFeed on AWS', (clock) =>
  onDynamoDbAccount(inject('runId'), (opened) => feedOn(opened, clock)),
);

function onBoard(clock: ManualClock) {
  const next = new MemoryNotifier(clock);
  return onDynamoDbAccount(inject('runId'), ({ calls, tables }) => {
    const board = new DynamoNoticeBoard(calls, tables.activity, clock, next);
    return { notifier: board, notices: board, delivered: () => next.notices };
  });
}

noticesContract('DynamoNoticeBoard on AWS', onBoard);
notifierContract('DynamoNoticeBoard on AWS', onBoard);
