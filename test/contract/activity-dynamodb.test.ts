import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoLedger } from '#adapters/dynamodb/ledger.ts';
import { linkOf } from '#adapters/dynamodb/ledger-chain.ts';
import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { openSns, SnsNotifier } from '#adapters/sns/notifier.ts';
import { tables as shapes } from '#contract/tables.ts';
import { carryEvents } from '#lambdas/carry-events/carry-events.ts';
import type { Clock } from '#ports/clock.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import { startSnsDouble } from '#test/doubles/sns/sns-double.ts';
import { followedRegistry, streamRecordOf } from '#test/support/stream.ts';
import { eventFeedContract } from './event-feed.contract.ts';
import { ledgerContract } from './ledger.contract.ts';
import { noticesContract } from './notices.contract.ts';
import { notifierContract } from './notifier.contract.ts';
import { onDynamoDb } from './subject-dynamodb.ts';

ledgerContract('DynamoLedger', (clock) =>
  onDynamoDb(({ calls, tables }) => ({
    ledger: new DynamoLedger(calls, tables.ledger, clock),
    entries: async (organization) => {
      const table = new Table(calls, tables.ledger, shapes.ledger);
      const entries: LedgerEntry[] = [];
      for await (const row of table.rows({ partition: organization || '-' })) entries.push(linkOf(row).entry);
      return entries;
    },
  })),
);

eventFeedContract('DynamoEventFeed', (clock) =>
  onDynamoDb(({ calls, tables: { aggregates, activity } }) => {
    const feed = new DynamoEventFeedAppender(calls, activity, clock);
    const bus = { publishAll: async () => [] };
    return {
      registry: followedRegistry(
        new DynamoRegistry(calls, aggregates, clock),
        async (record) => void (await carryEvents({ feed, bus }, writtenRecords([record]))),
        (record) => streamRecordOf(calls, aggregates, record),
      ),
      feed: new DynamoEventFeed(calls, activity, clock, 20),
      carry: async () => {},
    };
  }),
);

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
