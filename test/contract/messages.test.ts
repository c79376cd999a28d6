import { SqliteEventBus } from '#adapters/sqlite/event-bus.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { SqliteOrganizationQueues } from '#adapters/sqlite/organization-queues.ts';
import type { ManualClock } from '#test/doubles/clock.ts';
import { MemoryEventBus, MemoryMessageQueues } from '#test/doubles/memory-messages.ts';
import { deliveryBy, deliveryContract } from './delivery.contract.ts';
import { messagesContract, testSubscriptions } from './messages.contract.ts';
import { messageBacklogContract, organizationQueuesContract } from './organization-queues.contract.ts';
import { inMemory, onDataFolder } from './subject.ts';

const onSqlite = (clock: ManualClock) =>
  onDataFolder(({ database }) => {
    const bus = new SqliteEventBus(database, clock, testSubscriptions);
    const queues = new SqliteMessageQueues(database, clock);
    const organizationQueues = new SqliteOrganizationQueues(database, clock);
    return deliveryBy({ bus, queues, organizationQueues }, clock);
  });

const onMemory = (clock: ManualClock) => {
  const queues = new MemoryMessageQueues(clock);
  const bus = new MemoryEventBus(queues, testSubscriptions);
  return inMemory(deliveryBy({ bus, queues, organizationQueues: queues }, clock));
};

deliveryContract('SQLite', onSqlite);
deliveryContract('memory', onMemory);
messagesContract('SQLite', onSqlite);
messagesContract('memory', onMemory);
organizationQueuesContract('SqliteOrganizationQueues', onSqlite);
organizationQueuesContract('MemoryMessageQueues', onMemory);
messageBacklogContract('SqliteOrganizationQueues', onSqlite);
messageBacklogContract('MemoryMessageQueues', onMemory);
