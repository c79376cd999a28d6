import { setTimeout as sleep } from 'node:timers/promises';
import { tables } from '#contract/tables.ts';
import type { Clock } from '#ports/clock.ts';
import { type EventFeed, type FeedEntry, type FeedPage, oldestKept } from '#ports/event-feed.ts';
import { noLongerKept, notAPosition } from '../feed-positions.ts';
import type { DynamoCalls } from './calls.ts';
import { type FeedPageRow, feedOf, isGone, lastNumber, pageKey, pageOf } from './feed-pages.ts';
import { textOf } from './rows.ts';
import { Table } from './table.ts';

const largestPage = 1_000;
/** How many pages are asked for at once, at most. */
const pagesAtOnce = 100;

/** What is read next: an event of a page by its place, or the first of a page that is not there yet. */
interface Place {
  page: number;
  index: number;
}

/**
 * The feed that `DynamoEventFeedAppender` fills. A position is `PAGE.INDEX` of what comes next, so it stays good while nothing
 * follows it, however long. News are found by asking again.
 */
export class DynamoEventFeed implements EventFeed {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #pause: number;

  /**
   * @param table the name of the table `activity`
   * @param pause how long `changed` waits before it asks again, in milliseconds
   */
  constructor(calls: DynamoCalls, table: string, clock: Clock, pause = 1_000) {
    this.#table = new Table(calls, table, tables.activity);
    this.#clock = clock;
    this.#pause = pause;
  }

  async after(organization: string, position: string | undefined, limit: number): Promise<FeedPage> {
    if (position === undefined) {
      return { entries: [], position: positionOf(await this.#end(organization)) };
    }
    const start = position === oldestKept ? await this.#oldest(organization) : placeIn(position);
    const most = Math.min(Math.max(Math.trunc(limit), 1), largestPage);
    const entries = await this.#entries(organization, start, most);
    return { entries, position: entries.at(-1)?.position ?? positionOf(start) };
  }

  async changed(organization: string, position: string, signal: AbortSignal): Promise<boolean> {
    const { entries, position: end } = await this.after(organization, position, 1);
    if (entries.length > 0) return true;
    const { page } = placeIn(end);
    do {
      await sleep(this.#pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return false;
    } while (!(await this.#hasFrom(organization, page)));
    return true;
  }

  /** @throws InputError as `after` does */
  async #entries(organization: string, start: Place, most: number): Promise<FeedEntry[]> {
    const entries: FeedEntry[] = [];
    // From the page before on: that it is there tells a position at the end from one that was never given.
    let isKnown = start.page === 1;
    let next = start.page;
    for await (const page of this.#pages(organization, start.page - 1, most + 1)) {
      isKnown = true;
      if (page.number < start.page) continue;
      if (page.number > next) throw noLongerKept();
      if (page.number === start.page) this.#check(page, start);
      entries.push(...entriesAfter(page, page.number === start.page ? start.index : 0));
      next += 1;
      if (entries.length >= most) break;
    }
    const isAtEnd = next === start.page && start.index === 0;
    if (!isKnown || (entries.length === 0 && !isAtEnd)) throw notAPosition();
    return entries.slice(0, most);
  }

  #check(page: FeedPageRow, { index }: Place): void {
    if (index >= page.events.length) throw notAPosition();
    if (isGone(page, this.#now())) throw noLongerKept();
  }

  async #oldest(organization: string): Promise<Place> {
    let end = 0;
    for await (const page of this.#pages(organization, 0, pagesAtOnce)) {
      if (!isGone(page, this.#now())) return { page: page.number, index: 0 };
      end = page.number;
    }
    return { page: end + 1, index: 0 };
  }

  async #end(organization: string): Promise<Place> {
    const newest = { partition: feedOf(organization), descending: true, pageSize: 1, attributes: ['record'] };
    for await (const row of this.#table.rows(newest))
      return { page: Number(textOf(row, 'record')) + 1, index: 0 };
    return { page: 1, index: 0 };
  }

  async *#pages(organization: string, from: number, most: number): AsyncGenerator<FeedPageRow> {
    const sort = { from: pageKey(from), to: pageKey(lastNumber) };
    const pageSize = Math.min(most, pagesAtOnce);
    for await (const row of this.#table.rows({ partition: feedOf(organization), sort, pageSize }))
      yield pageOf(row);
  }

  /** Asks for no page that was read before: where nothing is, a question costs next to nothing. */
  async #hasFrom(organization: string, page: number): Promise<boolean> {
    const sort = { from: pageKey(page), to: pageKey(lastNumber) };
    const next = { partition: feedOf(organization), sort, pageSize: 1, attributes: ['record'] };
    for await (const _ of this.#table.rows(next)) return true;
    return false;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

/** The events of a page from one on, each with the position of what comes after it. */
function entriesAfter({ number, events }: FeedPageRow, first: number): FeedEntry[] {
  return events.slice(first).map((event, offset) => {
    const index = first + offset + 1;
    const next = index < events.length ? { page: number, index } : { page: number + 1, index: 0 };
    return { position: positionOf(next), event };
  });
}

function positionOf({ page, index }: Place): string {
  return `${page}.${index}`;
}

/** @throws InputError if it is not of the form of a position */
function placeIn(position: string): Place {
  const [, page, index] = /^([1-9]\d{0,11})\.(0|[1-9]\d{0,5})$/.exec(position) ?? [];
  if (page === undefined || index === undefined) throw notAPosition();
  return { page: Number(page), index: Number(index) };
}
