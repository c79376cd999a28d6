import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeadLetter } from '#ports/messages.ts';
import type { Backlog, OrganizationQueues } from '#ports/organization-queues.ts';
import type { Page } from '#ports/registry.ts';
import type { Database, Statement } from './database.ts';
import { deadLetterOf } from './message-queues.ts';
import { integerOf } from './rows.ts';

/** Each reads an organization's own rows only, by an index that begins with it. */
export const organizationQueuesSql = {
  deadLetters: `
    SELECT id, consumer, event, code, since FROM dead_letters
    WHERE organization = ? AND id > ? ORDER BY id LIMIT ?`,
  countDeadLetters: 'SELECT count(*) AS count FROM dead_letters WHERE organization = ?',
  backlog: 'SELECT count(*) AS waiting, min(enqueued_at) AS oldest FROM messages WHERE organization = ?',
  isThere: 'SELECT 1 FROM dead_letters WHERE organization = ? AND id = ?',
  copyBack: `
    INSERT INTO messages (consumer, source, event_id, event, visible_at, enqueued_at)
    SELECT consumer, source, event_id, event, ?3, ?3 FROM dead_letters WHERE organization = ?1 AND id = ?2
    ON CONFLICT DO NOTHING`,
  remove: 'DELETE FROM dead_letters WHERE organization = ? AND id = ?',
} as const;

/** An organization's view of the queues that `SqliteMessageQueues` keeps. */
export class SqliteOrganizationQueues implements OrganizationQueues {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #statements: Readonly<Record<keyof typeof organizationQueuesSql, Statement>>;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    const { deadLetters, countDeadLetters, backlog, isThere, copyBack, remove } = organizationQueuesSql;
    this.#statements = {
      deadLetters: database.prepare(deadLetters),
      countDeadLetters: database.prepare(countDeadLetters),
      backlog: database.prepare(backlog),
      isThere: database.prepare(isThere),
      copyBack: database.prepare(copyBack),
      remove: database.prepare(remove),
    };
  }

  async deadLettersOf(organization: string, limit: number, cursor?: string): Promise<Page<DeadLetter>> {
    // One more than asked for tells whether there is a further page.
    const found = this.#statements.deadLetters.all(organization, Number(cursor ?? 0), limit + 1);
    const items = found.slice(0, limit).map(deadLetterOf);
    const last = items.at(-1);
    return found.length > limit && last !== undefined ? { items, cursor: last.id } : { items };
  }

  async countDeadLetters(organization: string): Promise<number> {
    const row = this.#statements.countDeadLetters.get(organization);
    return row === undefined ? 0 : integerOf(row, 'count');
  }

  async redriveOf(organization: string, id: string, before?: () => Promise<unknown>): Promise<void> {
    // SQLite numbers rows from 1; any other text is the id of none.
    const number = /^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0;
    if (this.#statements.isThere.get(organization, number) === undefined)
      throw new StoreError('object-missing');
    await before?.();
    this.#database.transaction(() => {
      // Nothing is copied if the same event came again meanwhile and waits in the queue.
      this.#statements.copyBack.run(organization, number, this.#clock.now().getTime());
      if (this.#statements.remove.run(organization, number) === 0) throw new StoreError('object-missing');
    });
  }

  async backlog(organization: string): Promise<Backlog> {
    const row = this.#statements.backlog.get(organization);
    if (row === undefined || row['oldest'] === null) return { waiting: 0 };
    return { waiting: integerOf(row, 'waiting'), oldestSince: new Date(integerOf(row, 'oldest')) };
  }
}
