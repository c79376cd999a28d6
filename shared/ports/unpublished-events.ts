import type { CloudEvent } from './messages.ts';

/**
 * Finds events that aggregates bear and that may not have been handed on, where what hands them on may lose them. A store that hands on
 * its own events, as the embedded one does, has no such thing.
 */
export interface UnpublishedEvents {
  /**
   * The events that did not reach the feed, of some aggregates as they stand: the organization itself, and its enrollments with
   * ids that begin so. What it costs goes by how many there are of those, and how many of them were written in the span.
   * @param beginnings of ids
   * @param from since when they were written: not longer ago than the feed keeps what it was given
   * @param to until when, not included: far enough back that nothing can be carried any more in the usual way, or what is found may
   *   only be late, and later events of an aggregate overtake earlier ones
   * @returns them in the order of the writes
   * @throws StoreError `store-unavailable`
   */
  find(organization: string, beginnings: readonly string[], from: Date, to: Date): Promise<CloudEvent[]>;

  /**
   * The events of a span that the feed holds, in its order, some at a time: it cannot say which of them were put before their consumers.
   * @param from since when they were borne: not longer ago than the feed keeps what it was given
   * @param to until when, not included
   * @throws StoreError `store-unavailable`
   */
  fed(organization: string, from: Date, to: Date): AsyncIterable<CloudEvent[]>;
}
