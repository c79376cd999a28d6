import type { CloudEvent } from './messages.ts';

/** One event of the feed, and where whoever has read it goes on. */
export interface FeedEntry {
  /** Opaque; never given to another event. */
  position: string;
  event: CloudEvent;
}

export interface FeedPage {
  entries: FeedEntry[];
  /** Where to go on: the last entry's position, or where the page began if it has none. */
  position: string;
}

/** The position before everything that is kept. */
export const oldestKept = 'oldest';

/**
 * The events that an organization's aggregates bore, in the order of their writes, for at least seven days. What came in from
 * outside (`EnrollmentRequested`, which holds personal data) is never among them. Where a feed is filled from a stream of the
 * writes, the order is that of each aggregate's writes, and an event that the stream hands out again after hours may come again,
 * with the same id. What such a stream lost, or what was put aside, is found a day later at the earliest, and stands where it was
 * found: behind what was written since, of its own aggregate too.
 */
export interface EventFeed {
  /**
   * What follows a position, at once: a page may be empty.
   * @param position as an entry or a page gave it, or `oldestKept`; undefined for what comes from now on, a page without
   *   entries that says where that is
   * @param limit at most so many entries; 1 to 1,000
   * @throws InputError `invalid-input` of the field `lastEventId` if it is no position of this feed, or if events that
   *   followed it are no longer kept: none is ever left out silently
   * @throws StoreError `store-unavailable`
   */
  after(organization: string, position: string | undefined, limit: number): Promise<FeedPage>;

  /**
   * Waits until there may be more than a page that ended at `position` held; it may be wrong, so ask `after` again.
   * @returns true if there may be more, false if the signal came first
   * @throws as `after` does
   */
  changed(organization: string, position: string, signal: AbortSignal): Promise<boolean>;
}

/** Fills a feed that is kept apart from the aggregates whose events it holds. */
export interface EventFeedWriter {
  /**
   * Keeps events of an organization, in this order, behind those that the feed holds. Those that it holds already are left out, as
   * far back as their own time, so that the same may be given again. Whoever reads meanwhile never sees a later event before an
   * earlier one.
   * @throws StoreError `store-unavailable`: then some may be kept, and all may be given again; `record-too-large` for an event
   *   that is larger than the feed takes
   */
  append(organization: string, events: readonly CloudEvent[]): Promise<void>;
}
