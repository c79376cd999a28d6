import { describe, expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteEventBus } from '#adapters/sqlite/event-bus.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('queues that a process takes over from one that is gone', () => {
  const folder = temporaryFolder();

  it('show at once what that was working on, and what waits for its next try in its time', async () => {
    const clock = new ManualClock();
    const database = openDatabase(folder('escrow.db'));
    const bus = new SqliteEventBus(database, clock, { maker: { types: ['EnrollmentAccepted'] } });
    const queues = new SqliteMessageQueues(database, clock);
    for (const id of ['worked-on', 'paused', 'paused-and-worked-on']) await bus.publish(acceptedEvent(id));
    const [, paused, both] = await queues.receive('maker', 3, 300);
    if (paused === undefined || both === undefined) return expect.unreachable('three were published');
    await queues.release(both, 0);
    await queues.receive('maker', 1, 300);
    await queues.release(paused, 36_000);

    queues.takeOver();
    const idsVisible = async () =>
      (await queues.receive('maker', 10, 300)).map(({ event: { id }, receiveCount }) => [id, receiveCount]);
    expect(await idsVisible()).toEqual([
      ['worked-on.1.0', 2],
      ['paused-and-worked-on.1.0', 3],
    ]);
    clock.advance(35_999_000);
    expect(await queues.nextVisible()).toEqual(new Date(clock.now().getTime() + 1_000));
    clock.advance(1_000);
    expect(await idsVisible()).toContainEqual(['paused.1.0', 2]);
    database.close();
  });
});
