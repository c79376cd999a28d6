import type { CloudEvent, Outbox } from '#ports/messages.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, type Row, textOf } from './rows.ts';

/** The events that triggers copied from written aggregates, in the order of the writes (positions are never reused). */
export class SqliteOutbox implements Outbox {
  readonly #database: Database;
  readonly #select: Statement;
  readonly #delete: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#select = database.prepare(
      'SELECT position, id, source, type, time, data FROM outbox ORDER BY position LIMIT ?',
    );
    this.#delete = database.prepare('DELETE FROM outbox WHERE position <= ?');
  }

  async pending(limit: number): Promise<{ position: number; event: CloudEvent }[]> {
    return this.#select
      .all(limit)
      .map((row) => ({ position: integerOf(row, 'position'), event: eventOf(row) }));
  }

  async published(position: number): Promise<void> {
    // Lost in a power cut, it is published again.
    this.#database.relaxed(() => this.#delete.run(position));
  }
}

function eventOf(row: Row): CloudEvent {
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
