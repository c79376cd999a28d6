import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { InternalError, StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeadLetter, Message, MessageQueues } from '#ports/messages.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, type Row, textOf } from './rows.ts';

/**
 * Queues in SQLite. A message waits until `visible_at`; receiving it counts it and moves that time on. A delivery is
 * named by the message's id and its receive count, so that a later delivery has another name. What a power cut may take
 * back (received, done, released) only delivers again, so it does not wait for the disk.
 */
export class SqliteMessageQueues implements MessageQueues {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#statements = prepare(database);
  }

  async receive(consumer: string, limit: number, visibilitySeconds: number): Promise<Message[]> {
    const now = this.#now();
    const until = now + visibilitySeconds * 1_000;
    const rows = this.#database.relaxed(() => this.#statements.receive.all(until, consumer, now, limit));
    // RETURNING promises no order.
    return rows.sort((one, other) => integerOf(one, 'id') - integerOf(other, 'id')).map(messageOf);
  }

  async acknowledge(message: Message): Promise<void> {
    const { id, count } = deliveryOf(message);
    this.#database.relaxed(() => this.#statements.acknowledge.run(id, count, this.#now()));
  }

  async release(message: Message, delaySeconds: number): Promise<void> {
    const { id, count } = deliveryOf(message);
    const now = this.#now();
    // A delay with jitter is no whole number of milliseconds, and the column takes nothing else.
    const visibleAt = now + Math.round(delaySeconds * 1_000);
    this.#database.relaxed(() => this.#statements.release.run(visibleAt, id, count, now));
  }

  async bury(message: Message, code: ErrorCode): Promise<void> {
    const { id, count } = deliveryOf(message);
    const now = this.#now();
    this.#database.transaction(() => {
      const event = JSON.stringify(message.event);
      this.#statements.copyToDeadLetters.run(event, code, new Date(now).toISOString(), id, count, now);
      this.#statements.acknowledge.run(id, count, now);
    });
  }

  async deadLetters(consumer?: string): Promise<DeadLetter[]> {
    return this.#statements.deadLetters.all(consumer ?? null).map(deadLetterOf);
  }

  async redrive(id: string): Promise<void> {
    this.#database.transaction(() => {
      // Nothing is copied if the same event came again meanwhile and waits in the queue.
      this.#statements.copyFromDeadLetters.run(this.#now(), id);
      if (this.#statements.deleteDeadLetter.run(id) === 0) throw new StoreError('object-missing');
    });
  }

  async depth(): Promise<number> {
    const row = this.#statements.depth.get();
    return row === undefined ? 0 : integerOf(row, 'depth');
  }

  async nextVisible(): Promise<Date | undefined> {
    const row = this.#statements.nextVisible.get(this.#now());
    return row === undefined ? undefined : new Date(integerOf(row, 'visible_at'));
  }

  /**
   * Makes every message that somebody was working on visible at once: for whoever opens the data folder alone, since those
   * are gone. One that waits for its next try goes on waiting: a webhook's target is not tried sooner because the service
   * starts again. Not part of the port.
   * @throws StoreError `store-unavailable`
   */
  takeOver(): void {
    this.#statements.takeOver.run(this.#now());
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

function prepare(database: Database) {
  return {
    receive: database.prepare(`
      UPDATE messages SET visible_at = ?, receive_count = receive_count + 1, pausing = 0
      WHERE id IN (
        SELECT id FROM messages WHERE consumer = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?)
      RETURNING id, consumer, event, receive_count`),
    takeOver: database.prepare('UPDATE messages SET visible_at = min(visible_at, ?) WHERE pausing = 0'),
    acknowledge: database.prepare(
      'DELETE FROM messages WHERE id = ? AND receive_count = ? AND visible_at > ?',
    ),
    release: database.prepare(
      'UPDATE messages SET visible_at = ?, pausing = 1 WHERE id = ? AND receive_count = ? AND visible_at > ?',
    ),
    copyToDeadLetters: database.prepare(`
      INSERT INTO dead_letters (consumer, source, event_id, event, code, since)
      SELECT consumer, source, event_id, ?, ?, ? FROM messages
      WHERE id = ? AND receive_count = ? AND visible_at > ?`),
    deadLetters: database.prepare(`
      SELECT id, consumer, event, code, since FROM dead_letters
      WHERE ?1 IS NULL OR consumer = ?1 ORDER BY id`),
    copyFromDeadLetters: database.prepare(`
      INSERT INTO messages (consumer, source, event_id, event, visible_at, enqueued_at)
      SELECT consumer, source, event_id, event, ?1, ?1 FROM dead_letters WHERE CAST(id AS TEXT) = ?2
      ON CONFLICT DO NOTHING`),
    deleteDeadLetter: database.prepare('DELETE FROM dead_letters WHERE CAST(id AS TEXT) = ?'),
    depth: database.prepare('SELECT count(*) AS depth FROM messages'),
    nextVisible: database.prepare(
      'SELECT visible_at FROM messages WHERE visible_at > ? ORDER BY visible_at LIMIT 1',
    ),
  } satisfies Record<string, Statement>;
}

function messageOf(row: Row): Message {
  const receiveCount = integerOf(row, 'receive_count');
  return {
    receipt: `${integerOf(row, 'id')}.${receiveCount}`,
    consumer: textOf(row, 'consumer'),
    event: JSON.parse(textOf(row, 'event')),
    receiveCount,
  };
}

/** A receipt that is none of ours names no message: id 0 is never given. */
function deliveryOf(message: Message): { id: number; count: number } {
  const [, id, count] = /^(\d{1,15})\.(\d{1,15})$/.exec(message.receipt) ?? [];
  return { id: Number(id ?? 0), count: Number(count ?? 0) };
}

/** A row of `dead_letters` as the ports have it. */
export function deadLetterOf(row: Row): DeadLetter {
  return {
    id: String(integerOf(row, 'id')),
    consumer: textOf(row, 'consumer'),
    event: JSON.parse(textOf(row, 'event')),
    code: errorCodeOf(textOf(row, 'code')),
    since: textOf(row, 'since'),
  };
}

function errorCodeOf(text: string): ErrorCode {
  if (isErrorCode(text)) return text;
  throw new InternalError('internal', { cause: `${text} is no error code` });
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}
