import { InternalError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Claim, IdempotencyKeys } from '#ports/idempotency-keys.ts';
import type { Database, Statement } from './database.ts';
import { textOf } from './rows.ts';

/** How many ended claims one claim clears away: more than it adds, so that they never pile up. */
const mostCleared = 8;

/**
 * Keeps claims in SQLite, each a row that is never changed. A claim does not wait for the disk: whatever durable write its
 * request makes after it carries it along (one log, synced in order), and a request that wrote nothing may come anew.
 */
export class SqliteIdempotencyKeys implements IdempotencyKeys {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #clear: Statement;
  readonly #end: Statement;
  readonly #insert: Statement;
  readonly #select: Statement;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#clear = database.prepare(`
      DELETE FROM idempotency_keys WHERE (organization, id) IN (
        SELECT organization, id FROM idempotency_keys WHERE until <= ? ORDER BY until LIMIT ${mostCleared})`);
    this.#end = database.prepare(
      'DELETE FROM idempotency_keys WHERE organization = ? AND id = ? AND until <= ?',
    );
    this.#insert = database.prepare(`
      INSERT INTO idempotency_keys (organization, id, fingerprint, until) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING`);
    this.#select = database.prepare(
      'SELECT fingerprint FROM idempotency_keys WHERE organization = ? AND id = ?',
    );
  }

  async claim(organization: string, id: string, fingerprint: string, until: Date): Promise<Claim> {
    return this.#database.relaxed(() =>
      this.#database.transaction(() => {
        const now = this.#clock.now().getTime();
        this.#clear.run(now);
        this.#end.run(organization, id, now);
        if (this.#insert.run(organization, id, fingerprint, until.getTime()) === 1) return 'new';
        const row = this.#select.get(organization, id);
        if (row === undefined)
          throw new InternalError('internal', { cause: 'a claim is neither new nor there' });
        return textOf(row, 'fingerprint') === fingerprint ? 'same' : 'other';
      }),
    );
  }
}
