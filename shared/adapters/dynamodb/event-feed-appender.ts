import { tables } from '#contract/tables.ts';
import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventFeedWriter } from '#ports/event-feed.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { DynamoCalls } from './calls.ts';
import { type FeedPageRow, feedOf, pageKey, pageOf, rowOfPage } from './feed-pages.ts';
import { type FeedTail, FeedTails, mostPages, type NamedPage, namedPage, nameOf } from './feed-tails.ts';
import { sizeOf } from './rows.ts';
import { Table } from './table.ts';

/** Most events of a page: whoever reads one event of a page is given all of it. */
const mostEvents = 100;
/** Most that a page's row may take, in bytes: under what a table takes at all, but for one event alone. */
const mostBytes = 300 * 1_024;
/** How far the clocks of those that write and append may differ, in milliseconds. */
const clockDifference = 5_000;
/** So many of the newest pages are looked at each time, so that one that was not marked as superseded is marked later. */
const newestPages = 3;
/** How many pages are asked for at once where many may have to be looked at. */
const pagesAtOnce = 20;
/** How often another may be first with a page: more are never at work on one organization's records. */
const mostTries = 50;

/** What stands at the end of a feed. */
interface End {
  tail: FeedTail;
  /** The pages that the table is not yet told to forget. */
  unmarked: FeedPageRow[];
}

/** Appends to the feed that `DynamoEventFeed` reads, page by page (`feed-pages.ts`). */
export class DynamoEventFeedAppender implements EventFeedWriter {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #tails = new FeedTails();

  /** @param table the name of the table `activity` */
  constructor(calls: DynamoCalls, table: string, clock: Clock) {
    this.#table = new Table(calls, table, tables.activity);
    this.#clock = clock;
  }

  async append(organization: string, events: readonly CloudEvent[]): Promise<void> {
    for (let tries = 0; tries < mostTries; ) {
      const { tail, unmarked } = await this.#end(organization, events);
      const left = uniqueEvents(events).filter((event) => !tail.has(event));
      if (left.length === 0) return;
      const page = this.#pageOf(organization, left, tail.newest + 1);
      const condition = { expression: 'attribute_not_exists(#record)' };
      const { done } = await this.#table.put(rowOfPage(organization, page), condition);
      if (done) tail.append([namedPage(page)]);
      if (done) await this.#markSuperseded(organization, unmarked);
      if (done && page.events.length === left.length) return;
      // Another was first, or an own request whose answer was lost: what stands now is looked at again.
      if (!done) tries += 1;
    }
    throw new StoreError('store-unavailable', { why: 'others appended to the same feed all the time' });
  }

  /** The first events that fit into a page, and one in any case. */
  #pageOf(organization: string, events: readonly CloudEvent[], number: number): FeedPageRow {
    const page = { number, written: this.#clock.now().getTime(), isSuperseded: false };
    let fitting = events.slice(0, mostEvents);
    while (fitting.length > 1 && sizeOf(rowOfPage(organization, { ...page, events: fitting })) > mostBytes) {
      fitting = fitting.slice(0, Math.floor(fitting.length / 2));
    }
    return { ...page, events: fitting };
  }

  /** The pages that may hold these events already: none was appended before the event was borne. */
  async #end(organization: string, events: readonly CloudEvent[]): Promise<End> {
    const since = Math.min(...events.map(({ time }) => Date.parse(time))) - clockDifference;
    const tail = this.#tails.of(organization);
    const unmarked = await this.#readNewest(organization, tail, since);
    while (!tail.reachesBackTo(since)) await this.#readBefore(organization, tail, since);
    return { tail, unmarked };
  }

  /** @returns those of the newest pages that are not marked as superseded */
  async #readNewest(organization: string, tail: FeedTail, since: number): Promise<FeedPageRow[]> {
    const unmarked: FeedPageRow[] = [];
    const unknown: NamedPage[] = [];
    const known = tail.newest;
    const pageSize = known === 0 ? pagesAtOnce : newestPages;
    let count = 0;
    for await (const row of this.#table.rows({
      partition: feedOf(organization),
      descending: true,
      pageSize,
    })) {
      const page = pageOf(row);
      count += 1;
      if (!page.isSuperseded) unmarked.push(page);
      if (page.number > known) unknown.push(namedPage(page));
      const isEnough = known === 0 ? page.written < since : page.number <= known + 1;
      if (count >= newestPages && (isEnough || count >= mostPages)) break;
    }
    tail.append(unknown);
    return unmarked;
  }

  /** Reads what stands before the pages that are known. */
  async #readBefore(organization: string, tail: FeedTail, since: number): Promise<void> {
    const { oldest } = tail;
    const found: NamedPage[] = [];
    const sort = { before: pageKey(oldest) };
    for await (const row of this.#table.rows({
      partition: feedOf(organization),
      sort,
      descending: true,
      pageSize: pagesAtOnce,
    })) {
      const page = namedPage(pageOf(row));
      // What a table forgets goes in no order.
      if (page.number !== oldest - found.length - 1) break;
      found.push(page);
      if (page.written < since || found.length + tail.length >= mostPages) break;
    }
    if (found.length === 0) tail.beginsHere();
    tail.prepend(found);
  }

  /** Lets the table forget, in their time, pages that are no longer the newest. The next time will do where it fails. */
  async #markSuperseded(organization: string, pages: readonly FeedPageRow[]): Promise<void> {
    const condition = { expression: 'attribute_exists(#record)' };
    for (const page of pages.filter(({ isSuperseded }) => !isSuperseded)) {
      const row = rowOfPage(organization, { ...page, isSuperseded: true });
      await this.#table.put(row, condition).catch(() => undefined);
    }
  }
}

function uniqueEvents(events: readonly CloudEvent[]): CloudEvent[] {
  return [...new Map(events.map((event) => [nameOf(event), event])).values()];
}
