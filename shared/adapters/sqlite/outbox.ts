import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, Outbox } from '#ports/messages.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, type Row, textOf } from './rows.ts';

/** How long an event stays after it was published, for whoever follows the feed. */
const keptMilliseconds = 7 * 24 * 3_600_000;
/** As many are looked at, each time that events were published, as may be removed: so no step is long. */
const prunedAtOnce = 200;

/**
 * The log of the events that triggers copied from written aggregates, in the order of the writes (positions are never
 * reused). What was published stays for seven days.
 */
export class SqliteOutbox implements Outbox {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #statements: ReturnType<typeof prepare>;

  /** @param clock tells how old an event is; the registry's */
  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#statements = prepare(database);
  }

  async pending(limit: number): Promise<{ position: number; event: CloudEvent }[]> {
    return this.#statements.pending
      .all(limit)
      .map((row) => ({ position: integerOf(row, 'position'), event: eventOf(row) }));
  }

  async published(position: number): Promise<void> {
    const before = new Date(this.#clock.now().getTime() - keptMilliseconds).toISOString();
    // Lost in a power cut, it is published again, and pruned again.
    this.#database.relaxed(() => {
      this.#database.transaction(() => {
        this.#statements.published.run(position);
        if (this.#statements.notePruned.run(before) > 0) this.#statements.prune.run(before);
      });
    });
  }
}

/** A row of the outbox as the event that it holds. @throws InternalError `internal` if it is no such row */
export function eventOf(row: Row): CloudEvent {
  return {
    specversion: '1.0',
    id: textOf(row, 'id'),
    source: textOf(row, 'source'),
    type: textOf(row, 'type'),
    time: textOf(row, 'time'),
    datacontenttype: 'application/json',
    data: JSON.parse(textOf(row, 'data')),
  };
}

function prepare(database: Database) {
  const prunable = `
    SELECT position, organization FROM (
      SELECT position, organization, time FROM outbox
      WHERE position <= (SELECT published FROM outbox_cursor) ORDER BY position LIMIT ${prunedAtOnce})
    WHERE time < ?`;
  return {
    pending: database.prepare(`
      SELECT position, id, source, type, time, data FROM outbox
      WHERE position > (SELECT published FROM outbox_cursor) ORDER BY position LIMIT ?`),
    published: database.prepare('UPDATE outbox_cursor SET published = max(published, ?)'),
    notePruned: database.prepare(`
      INSERT INTO outbox_pruned (organization, position)
      SELECT organization, max(position) FROM (${prunable}) WHERE true GROUP BY organization
      ON CONFLICT DO UPDATE SET position = max(position, excluded.position)`),
    prune: database.prepare(`DELETE FROM outbox WHERE position IN (SELECT position FROM (${prunable}))`),
  } satisfies Record<string, Statement>;
}
