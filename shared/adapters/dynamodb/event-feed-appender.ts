import { tables } from '#contract/tables.ts';
import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventFeedWriter } from '#ports/event-feed.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { DynamoCalls } from './calls.ts';
import { type FeedPageRow, feedOf, pageOf, rowOfPage } from './feed-pages.ts';
import { sizeOf } from './rows.ts';
import { Table } from './table.ts';

/** Most events of a page: whoever reads one event of a page is given all of it. */
const mostEvents = 100;
/** Most that a page's row may take, in bytes: under what a table takes at all, but for one event alone. */
const mostBytes = 300 * 1_024;
/** How far the clocks of those that write and append may differ, in milliseconds. */
const clockDifference = 5_000;
/** At least so many pages are looked at, so that one that was not marked as superseded is marked later. */
const fewestPages = 3;
/** How far is looked back for events that came again; a page has one event or more. */
const mostPages = 5_000;
/** How often another may be first with a page: more are never at work on one organization's records. */
const mostTries = 50;

/** The last pages of a feed, newest first. */
interface Tail {
  pages: FeedPageRow[];
  /** The names of their events. */
  names: ReadonlySet<string>;
}

/** Appends to the feed that `DynamoEventFeed` reads, page by page (`feed-pages.ts`). */
export class DynamoEventFeedAppender implements EventFeedWriter {
  readonly #table: Table;
  readonly #clock: Clock;

  /** @param table the name of the table `activity` */
  constructor(calls: DynamoCalls, table: string, clock: Clock) {
    this.#table = new Table(calls, table, tables.activity);
    this.#clock = clock;
  }

  async append(organization: string, events: readonly CloudEvent[]): Promise<void> {
    for (let tries = 0; tries < mostTries; ) {
      const tail = await this.#tail(organization, events);
      const left = uniqueEvents(events).filter((event) => !tail.names.has(nameOf(event)));
      if (left.length === 0) return;
      const page = this.#pageOf(organization, left, (tail.pages[0]?.number ?? 0) + 1);
      const condition = { expression: 'attribute_not_exists(#record)' };
      const { done } = await this.#table.put(rowOfPage(organization, page), condition);
      if (done) await this.#markSuperseded(organization, tail.pages);
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
  async #tail(organization: string, events: readonly CloudEvent[]): Promise<Tail> {
    const since = Math.min(...events.map(({ time }) => Date.parse(time))) - clockDifference;
    const pages: FeedPageRow[] = [];
    const newest = { partition: feedOf(organization), descending: true, pageSize: 20 };
    for await (const row of this.#table.rows(newest)) {
      const page = pageOf(row);
      pages.push(page);
      if (pages.length >= mostPages || (page.written < since && pages.length >= fewestPages)) break;
    }
    return { pages, names: new Set(pages.flatMap((page) => page.events.map(nameOf))) };
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

/** Tells an event from every other (CloudEvents 1.0, `id`). */
function nameOf({ source, id }: CloudEvent): string {
  return `${source} ${id}`;
}
