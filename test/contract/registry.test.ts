import { News } from '#adapters/news.ts';
import { SqliteEventFeed } from '#adapters/sqlite/event-feed.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { Outbox } from '#ports/messages.ts';
import { MemoryOutbox, MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { eventFeedContract } from './event-feed.contract.ts';
import { outboxContract } from './outbox.contract.ts';
import { registryContract } from './registry.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

function onSqlite(clock: Clock) {
  return onDataFolder(({ database }) => {
    const news = new News();
    const outbox = new SqliteOutbox(database, clock);
    return {
      registry: new SqliteRegistry(database, clock, news),
      outbox,
      feed: new SqliteEventFeed(database, news),
      carry: () => publishAll(outbox),
    };
  });
}

function onMemory(clock: Clock) {
  const outbox = new MemoryOutbox(clock);
  const registry = new MemoryRegistry(clock, outbox);
  return inMemory({ registry, outbox, feed: outbox.feed, carry: () => publishAll(outbox) });
}

async function publishAll(outbox: Outbox): Promise<void> {
  const pending = await outbox.pending(10_000);
  await outbox.published(pending.at(-1)?.position ?? 0);
}

registryContract('SqliteRegistry', onSqlite);
registryContract('MemoryRegistry', onMemory);
outboxContract('SqliteOutbox', onSqlite);
outboxContract('MemoryOutbox', onMemory);
eventFeedContract('SqliteEventFeed', onSqlite);
eventFeedContract('MemoryEventFeed', onMemory);
