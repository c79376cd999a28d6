import { SqliteEventBus } from '#adapters/sqlite/event-bus.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { MemoryEventBus, MemoryMessageQueues } from '#test/doubles/memory-messages.ts';
import { messagesContract, testSubscriptions } from './messages.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

messagesContract('SQLite', (clock) =>
  onDataFolder(({ database }) => ({
    bus: new SqliteEventBus(database, clock, testSubscriptions),
    queues: new SqliteMessageQueues(database, clock),
  })),
);

messagesContract('memory', (clock) => {
  const queues = new MemoryMessageQueues(clock);
  return inMemory({ bus: new MemoryEventBus(queues, testSubscriptions), queues });
});
