import { SqliteEventBus } from '#adapters/sqlite/event-bus.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { SqliteOrganizationQueues } from '#adapters/sqlite/organization-queues.ts';
import type { Clock } from '#ports/clock.ts';
import { MemoryEventBus, MemoryMessageQueues } from '#test/doubles/memory-messages.ts';
import { messagesContract, testSubscriptions } from './messages.contract.ts';
import { organizationQueuesContract } from './organization-queues.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

const onSqlite = (clock: Clock) =>
  onDataFolder(({ database }) => ({
    bus: new SqliteEventBus(database, clock, testSubscriptions),
    queues: new SqliteMessageQueues(database, clock),
    organizationQueues: new SqliteOrganizationQueues(database, clock),
  }));

const onMemory = (clock: Clock) => {
  const queues = new MemoryMessageQueues(clock);
  return inMemory({ bus: new MemoryEventBus(queues, testSubscriptions), queues, organizationQueues: queues });
};

messagesContract('SQLite', onSqlite);
messagesContract('memory', onMemory);
organizationQueuesContract('SqliteOrganizationQueues', onSqlite);
organizationQueuesContract('MemoryMessageQueues', onMemory);
