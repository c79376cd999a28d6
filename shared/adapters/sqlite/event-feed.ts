import { type EventFeed, type FeedPage, oldestKept } from '#ports/event-feed.ts';
import { noLongerKept, notAPosition } from '../feed-positions.ts';
import type { News } from '../news.ts';
import type { Database, Statement } from './database.ts';
import { eventOf } from './outbox.ts';
import { integerOf } from './rows.ts';

const largestPage = 1_000;

/** The outbox read as a log, one organization's part of it. Its news are those of this process, the only one that writes. */
export class SqliteEventFeed implements EventFeed {
  readonly #news: News;
  readonly #bounds: Statement;
  readonly #after: Statement;

  /** @param news announced by the registry that writes to the same database */
  constructor(database: Database, news: News) {
    this.#news = news;
    this.#bounds = database.prepare(`
      SELECT pruned, max(pruned, newest) AS newest FROM (SELECT
        coalesce((SELECT position FROM outbox_pruned WHERE organization = ?1), 0) AS pruned,
        coalesce((SELECT max(position) FROM outbox WHERE organization = ?1), 0) AS newest)`);
    this.#after = database.prepare(`
      SELECT position, id, source, type, time, data FROM outbox
      WHERE organization = ? AND position > ? ORDER BY position LIMIT ?`);
  }

  async after(organization: string, position: string | undefined, limit: number): Promise<FeedPage> {
    const start = this.#startOf(organization, position);
    const most = position === undefined ? 0 : Math.min(Math.max(Math.trunc(limit), 1), largestPage);
    const entries = this.#after
      .all(organization, start, most)
      .map((row) => ({ position: String(integerOf(row, 'position')), event: eventOf(row) }));
    return { entries, position: entries.at(-1)?.position ?? String(start) };
  }

  async changed(organization: string, position: string, signal: AbortSignal): Promise<boolean> {
    const start = this.#startOf(organization, position);
    if (this.#after.get(organization, start, 1) !== undefined) return true;
    // Nothing can come between the look and the wait: both are in one turn of the event loop.
    return await this.#news.next(organization, signal);
  }

  #startOf(organization: string, position: string | undefined): number {
    const row = this.#bounds.get(organization) ?? {};
    const [pruned, newest] = [integerOf(row, 'pruned'), integerOf(row, 'newest')];
    if (position === undefined) return newest;
    if (position === oldestKept) return pruned;
    const start = /^\d{1,15}$/.test(position) ? Number(position) : Number.POSITIVE_INFINITY;
    if (start > newest) throw notAPosition();
    if (start >= pruned) return start;
    throw noLongerKept();
  }
}
