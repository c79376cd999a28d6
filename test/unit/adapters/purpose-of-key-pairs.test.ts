import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { mainSchema } from '#adapters/sqlite/schema.ts';
import { isTaken, subscriptions } from '#contract/subscriptions.ts';
import type { Purpose } from '#domain/purpose.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A data folder as the version before purposes left it: one enrollment a purpose, each with a message, a dead letter, an event. */
function dataOfBefore(file: string): void {
  const old = new DatabaseSync(file);
  const step = mainSchema.findIndex((each) => each.includes('make-encryption-key-pair'));
  for (const each of mainSchema.slice(0, step)) old.exec(each);
  old.exec(`PRAGMA user_version = ${step}`);
  const insert = old.prepare(`
    INSERT INTO aggregates (organization, type, id, version, state, subscriber_id, record, written_at)
    VALUES ('acme', 'enrollment', ?, 1, 'accepted', 'ada', ?, '2026-01-05T08:00:00.000Z')`);
  for (const purpose of ['identity', 'encryption']) {
    const events = [{ name: 'EnrollmentAccepted', data: { enrollmentId: `enr_${purpose}` } }];
    insert.run(`enr_${purpose}`, JSON.stringify({ purpose, events }));
  }
  for (const [index, id] of ['enr_identity', 'enr_encryption', 'enr_nobody'].entries()) {
    const event = JSON.stringify({ type: 'EnrollmentAccepted', data: { enrollmentId: id } });
    const source = `/organizations/acme/enrollments/${id}`;
    old
      .prepare(`INSERT INTO messages (consumer, source, event_id, event, visible_at, enqueued_at)
        VALUES ('make-key-pair', ?, ?, ?, 0, ?)`)
      .run(source, `${id}.1.0`, event, index);
    old
      .prepare(`INSERT INTO dead_letters (consumer, source, event_id, event, code, since)
        VALUES ('make-key-pair', ?, ?, ?, 'internal', '2026-01-05')`)
      .run(source, `${id}.1.0`, event);
  }
  old.close();
}

const folder = temporaryFolder();

it('what an older version left waiting is handed to the one consumer that can do it', async () => {
  const file = folder('escrow.db');
  dataOfBefore(file);
  const database = openDatabase(file);
  try {
    const clock = new ManualClock();
    const queues = new SqliteMessageQueues(database, clock);
    const waitingFor = async (purpose: Purpose) =>
      (await queues.receive(`make-${purpose}-key-pair`, 10, 30)).map(({ event }) => event.data);
    const identity = { enrollmentId: 'enr_identity', purpose: 'identity' };
    const encryption = { enrollmentId: 'enr_encryption', purpose: 'encryption' };
    expect(await waitingFor('identity')).toEqual([identity]);
    expect(await waitingFor('encryption')).toEqual([encryption, { enrollmentId: 'enr_nobody' }]);
    expect((await queues.deadLetters()).map(({ consumer, event }) => [consumer, event.data])).toEqual([
      ['make-identity-key-pair', identity],
      ['make-encryption-key-pair', encryption],
      ['make-encryption-key-pair', { enrollmentId: 'enr_nobody' }],
    ]);
    const unpublished = await new SqliteOutbox(database, clock).pending(10);
    const takers = unpublished.map(({ event }) =>
      Object.entries(subscriptions)
        .filter(([consumer, each]) => consumer.startsWith('make-') && isTaken(each, event))
        .map(([consumer]) => consumer),
    );
    expect(takers).toEqual([['make-identity-key-pair'], ['make-encryption-key-pair']]);
  } finally {
    database.close();
  }
});
