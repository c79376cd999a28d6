import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoLedger } from '#adapters/dynamodb/ledger.ts';
import { linkOf } from '#adapters/dynamodb/ledger-chain.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import { carryEvents } from '#lambdas/carry-events/carry-events.ts';
import type { Clock } from '#ports/clock.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import { followedRegistry, streamRecordOf } from '#test/support/stream.ts';
import type { FeedParts } from './event-feed.contract.ts';
import type { LedgerParts } from './ledger.contract.ts';
import type { OpenDynamoDb } from './subject-dynamodb.ts';

/** The ledger, read as an auditor would. */
export function ledgerOn({ calls, tables: { ledger } }: OpenDynamoDb, clock: Clock): LedgerParts {
  return {
    ledger: new DynamoLedger(calls, ledger, clock),
    entries: async (organization) => {
      const table = new Table(calls, ledger, shapes.ledger);
      const entries: LedgerEntry[] = [];
      for await (const row of table.rows({ partition: organization || '-' })) entries.push(linkOf(row).entry);
      return entries;
    },
  };
}

/** The feed, with a registry whose stream is followed into it at once. */
export function feedOn({ calls, tables: { aggregates, activity } }: OpenDynamoDb, clock: Clock): FeedParts {
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
}
