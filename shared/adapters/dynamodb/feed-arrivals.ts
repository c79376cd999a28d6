import type { CloudEvent } from '#ports/messages.ts';
import { type FeedPageRow, feedOf, lastNumber, pageKey, pageOf } from './feed-pages.ts';
import { nameOf } from './feed-tails.ts';
import { numberOf, textOf } from './rows.ts';
import type { Table } from './table.ts';

/** How far the clocks of those that write and append may differ, in milliseconds. */
const clockDifference = 5_000;
/** Nearly every event is in the feed so long after it was written, in milliseconds. */
const usualDelay = 60_000;
/** How many pages are asked for at once. */
const pagesAtOnce = 30;

/**
 * Which events of a span of time arrived in a feed. What was written then arrived right after, for the most part, so only the pages
 * of then are read, however many have followed; those that followed are read only where something did not arrive in time.
 */
export class Arrivals {
  readonly #table: Table;
  readonly #organization: string;
  readonly #from: number;
  readonly #to: number;
  readonly #names = new Set<string>();
  #later: AsyncGenerator<FeedPageRow> | undefined;

  /**
   * @param table `activity`
   * @param from when the first of the events was written
   * @param to when none was any more
   */
  constructor(table: Table, organization: string, from: Date, to: Date) {
    this.#table = table;
    this.#organization = organization;
    this.#from = from.getTime();
    this.#to = to.getTime();
  }

  /** Those that did not arrive in time, as most do. */
  async without(events: readonly CloudEvent[]): Promise<CloudEvent[]> {
    if (events.length > 0 && this.#later === undefined) this.#later = await this.#readUsual();
    return events.filter((event) => !this.#names.has(nameOf(event)));
  }

  /** Takes out those that arrived late. @param events by their names */
  async takeOutLate(events: Map<string, CloudEvent>): Promise<void> {
    if (events.size === 0 || this.#later === undefined) return;
    for (const name of this.#names) events.delete(name);
    for await (const page of this.#later) {
      for (const event of page.events) events.delete(nameOf(event));
      if (events.size === 0) return;
    }
  }

  /** @returns the pages that follow */
  async #readUsual(): Promise<AsyncGenerator<FeedPageRow>> {
    const pages = this.#pagesFrom(await this.#firstPage());
    for (;;) {
      const { value: page, done } = await pages.next();
      if (done === true) return pages;
      for (const event of page.events) this.#names.add(nameOf(event));
      if (page.written > this.#to + usualDelay) return pages;
    }
  }

  /** Pages stand in the order of their time, so the first that may hold such an event is found by halving. */
  async #firstPage(): Promise<number> {
    const since = this.#from - clockDifference;
    let [before, found] = [0, await this.#afterNewest()];
    while (found - before > 1) {
      const middle = Math.floor((before + found) / 2);
      // One that is gone was older than any that is asked for, as the next one then tells.
      if ((await this.#writtenFrom(middle)) < since) before = middle;
      else found = middle;
    }
    return found;
  }

  /** When the first page that is there from a number on was appended, in milliseconds. */
  async #writtenFrom(number: number): Promise<number> {
    const from = { sort: pagesFrom(number), pageSize: 1, attributes: ['written'] };
    for await (const row of this.#table.rows({ partition: feedOf(this.#organization), ...from })) {
      return numberOf(row, 'written');
    }
    return 0;
  }

  async #afterNewest(): Promise<number> {
    const newest = { descending: true, pageSize: 1, attributes: ['record'] };
    for await (const row of this.#table.rows({ partition: feedOf(this.#organization), ...newest })) {
      return Number(textOf(row, 'record')) + 1;
    }
    return 1;
  }

  async *#pagesFrom(number: number): AsyncGenerator<FeedPageRow> {
    const from = { sort: pagesFrom(number), pageSize: pagesAtOnce };
    for await (const row of this.#table.rows({ partition: feedOf(this.#organization), ...from })) {
      yield pageOf(row);
    }
  }
}

function pagesFrom(number: number): { from: string; to: string } {
  return { from: pageKey(number), to: pageKey(lastNumber) };
}
