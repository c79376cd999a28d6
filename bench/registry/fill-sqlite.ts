import { openDatabase } from '#adapters/sqlite/database.ts';
import { oldEnrollment } from './enrollments.ts';

/** Rows in one transaction: enough that its end costs little. */
const perTransaction = 20_000;

/**
 * Fills a database as an old installation left it: the records as the registry writes them, in the order in which they were
 * requested, which is not that of their ids. Their events go to the outbox by the table's own trigger, and are published and
 * pruned long since.
 * @param count how many enrollments
 * @param tell is told how many stand, now and then
 */
export function fillSqlite(file: string, count: number, tell: (rows: number) => void): void {
  const database = openDatabase(file);
  try {
    // Nothing is at stake here but time; the data is thrown away.
    for (const pragma of [
      'synchronous = OFF',
      'secure_delete = OFF',
      'cache_size = -1500000',
      'temp_store = MEMORY',
    ]) {
      database.prepare(`PRAGMA ${pragma}`).all();
    }
    const insert = database.prepare(`
      INSERT INTO aggregates (organization, type, id, version, state, subscriber_id, record, written_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    const publish = database.prepare(
      'UPDATE outbox_cursor SET published = (SELECT max(position) FROM outbox)',
    );
    const notePruned = database.prepare(`
      INSERT INTO outbox_pruned (organization, position)
      SELECT organization, max(position) FROM outbox WHERE true GROUP BY organization
      ON CONFLICT DO UPDATE SET position = excluded.position`);
    const prune = database.prepare('DELETE FROM outbox');
    for (let first = 0; first < count; first += perTransaction) {
      database.transaction(() => {
        const end = Math.min(first + perTransaction, count);
        for (let index = first; index < end; index++) {
          const record = oldEnrollment(index);
          const { organization, type, id, version, state, subscriber } = record;
          insert.run(
            ...[organization, type, id, version, state, subscriber.id],
            ...[JSON.stringify(record), record.requestedAt],
          );
        }
        publish.run();
        notePruned.run();
        prune.run();
      });
      tell(Math.min(first + perTransaction, count));
    }
    database.emptyLog();
  } finally {
    database.close();
  }
}
