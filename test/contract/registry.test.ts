import { News } from '#adapters/news.ts';
import { SqliteEventFeed } from '#adapters/sqlite/event-feed.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import type { Clock } from '#ports/clock.ts';
import { MemoryOutbox, MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { eventFeedContract } from './event-feed.contract.ts';
import { outboxContract } from './outbox.contract.ts';
import { registryContract } from './registry.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

function onSqlite(clock: Clock) {
  return onDataFolder(({ database }) => {
    const news = new News();
    return {
      registry: new SqliteRegistry(database, clock, news),
      outbox: new SqliteOutbox(database, clock),
      feed: new SqliteEventFeed(database, news),
    };
  });
}

function onMemory(clock: Clock) {
  const outbox = new MemoryOutbox(clock);
  return inMemory({ registry: new MemoryRegistry(clock, outbox), outbox, feed: outbox.feed });
}

registryContract('SqliteRegistry', onSqlite);
registryContract('MemoryRegistry', onMemory);
outboxContract('SqliteOutbox', onSqlite);
outboxContract('MemoryOutbox', onMemory);
eventFeedContract('SqliteEventFeed', onSqlite);
eventFeedContract('MemoryEventFeed', onMemory);
