import type { CloudEvent } from './messages.ts';

/**
 * Finds events that aggregates bear and that nobody was handed, where what hands them on may lose them. A store that hands on
 * its own events, as the embedded one does, has no such thing.
 */
export interface UnpublishedEvents {
  /**
   * Of the aggregates of an organization that were last written in a span of time, the events that did not reach the feed.
   * What it costs goes by how much was written then, and how much since.
   * @param from included; far enough back for the events to have been carried in the usual way
   * @param to not included
   * @throws StoreError `store-unavailable`
   */
  find(organization: string, from: Date, to: Date): Promise<CloudEvent[]>;
}
