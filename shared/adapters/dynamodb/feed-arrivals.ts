import type { CloudEvent } from '#ports/messages.ts';
import { feedOf, lastNumber, pageKey, pageOf } from './feed-pages.ts';
import { nameOf } from './feed-tails.ts';
import { numberOf, type Row, textOf } from './rows.ts';
import type { Table } from './table.ts';

/** How far the clocks of those that write and append may differ, in milliseconds. */
const clockDifference = 5_000;
/** Nearly every event is in the feed so long after it was written, in milliseconds. */
const usualDelay = 60_000;
/**
 * No stream brings an event into the feed later than so long after it was written, in milliseconds. What the reconciler puts there later, it
 * has published itself.
 */
const longestDelay = 24 * 3_600_000;
/** How many pages are asked for at once: while they are small, as many cost what one does. */
const pagesAtOnce = 10;

/**
 * Which events arrived in a feed. Most did right after they were written, so the pages of then are looked for by halving, and few of
 * the feed's pages are read, however many there are; what followed is read only where something did not arrive in time.
 */
export class Arrivals {
  readonly #table: Table;
  readonly #partition: string;
  /** When pages were appended, in milliseconds, by number: halving begins with the same ones each time. */
  readonly #written = new Map<number, number>();
  /** The number after the newest page's. */
  #end: number | undefined;

  /** @param table `activity` */
  constructor(table: Table, organization: string) {
    this.#table = table;
    this.#partition = feedOf(organization);
  }

  /** @param events in the order of their time @returns those that the feed does not hold */
  async missing(events: readonly CloudEvent[]): Promise<CloudEvent[]> {
    const missing = new Map(events.map((event) => [nameOf(event), event]));
    for (const event of events) {
      const isFound = () => !missing.has(nameOf(event));
      const inTime = Date.parse(event.time) + usualDelay;
      // It may stand beside one before it, which was looked for already.
      if (!isFound()) await this.#takeOut(missing, event, (written) => isFound() || written > inTime);
    }
    const [earliest] = missing.values();
    if (earliest !== undefined) await this.#takeOut(missing, earliest, () => missing.size === 0);
    return [...missing.values()];
  }

  /** The events of a span that arrived, page by page. @param to not included */
  async *between(from: Date, to: Date): AsyncGenerator<CloudEvent[]> {
    const isWithin = ({ time }: CloudEvent) => {
      const at = Date.parse(time);
      return at >= from.getTime() && at < to.getTime();
    };
    const before = await this.#pageBefore(from.getTime() - clockDifference);
    for await (const row of this.#rowsFrom(before + 1, pagesAtOnce)) {
      const { events, written } = pageOf(row);
      const found = events.filter(isWithin);
      if (found.length > 0) yield found;
      if (written > to.getTime() + longestDelay) return;
    }
  }

  /** Takes out what the pages hold from an event's time on. @param isEnough told when the page was appended that was just read */
  async #takeOut(
    missing: Map<string, CloudEvent>,
    { time }: CloudEvent,
    isEnough: (written: number) => boolean,
  ): Promise<void> {
    const before = await this.#pageBefore(Date.parse(time) - clockDifference);
    for await (const row of this.#rowsFrom(before + 1, pagesAtOnce)) {
      const { events, written } = pageOf(row);
      for (const event of events) missing.delete(nameOf(event));
      if (isEnough(written)) return;
    }
  }

  /** A page that was appended before a time, and not many pages before it. Pages stand in the order of their time. */
  async #pageBefore(since: number): Promise<number> {
    this.#end ??= await this.#afterNewest();
    let [before, after] = [0, this.#end];
    while (after - before > pagesAtOnce) {
      const middle = Math.floor((before + after) / 2);
      // One that is gone was older than any that is asked for, as the next one then tells.
      if ((await this.#writtenFrom(middle)) < since) before = middle;
      else after = middle;
    }
    return before;
  }

  /** When the first page that is there from a number on was appended, in milliseconds. */
  async #writtenFrom(number: number): Promise<number> {
    let written = this.#written.get(number);
    if (written !== undefined) return written;
    for await (const row of this.#rowsFrom(number, 1)) {
      written = numberOf(row, 'written');
      break;
    }
    this.#written.set(number, written ?? 0);
    return written ?? 0;
  }

  async #afterNewest(): Promise<number> {
    const newest = { partition: this.#partition, descending: true, pageSize: 1, mayLag: true };
    for await (const row of this.#table.rows(newest)) return Number(textOf(row, 'record')) + 1;
    return 1;
  }

  #rowsFrom(number: number, pageSize: number): AsyncGenerator<Row> {
    const sort = { from: pageKey(number), to: pageKey(lastNumber) };
    return this.#table.rows({ partition: this.#partition, sort, pageSize, mayLag: true });
  }
}
