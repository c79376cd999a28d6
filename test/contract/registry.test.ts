import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import type { Clock } from '#ports/clock.ts';
import { MemoryOutbox, MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { outboxContract } from './outbox.contract.ts';
import { registryContract } from './registry.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

function onSqlite(clock: Clock) {
  return onDataFolder(({ database }) => ({
    registry: new SqliteRegistry(database, clock),
    outbox: new SqliteOutbox(database),
  }));
}

function onMemory(clock: Clock) {
  const outbox = new MemoryOutbox();
  return inMemory({ registry: new MemoryRegistry(clock, outbox), outbox });
}

registryContract('SqliteRegistry', onSqlite);
registryContract('MemoryRegistry', onMemory);
outboxContract('SqliteOutbox', onSqlite);
outboxContract('MemoryOutbox', onMemory);
