/**
 * Keeps the segments of each organization's ledger, numbered from 1, each written once and never changed.
 *
 * Failure contract: writing the same bytes again is success, so a write may be repeated after `store-unavailable`.
 */
export interface SegmentStore {
  /**
   * Stores a segment; once this returns it is durable, and whole: nobody ever reads half of one.
   * @param organization as the ledger has it; the empty one is that of nobody
   * @param segment 1 or more
   * @throws StateError `already-exists` if other bytes stand there; nothing is changed
   * @throws StoreError `store-unavailable`
   */
  put(organization: string, segment: number, bytes: Uint8Array): Promise<void>;

  /**
   * The bytes as they were written; undefined if there is no such segment.
   * @throws StoreError `store-unavailable`
   */
  get(organization: string, segment: number): Promise<Uint8Array | undefined>;

  /**
   * The numbers of the segments after one, ascending.
   * @param after 0 to begin with the first
   * @throws StoreError `store-unavailable`
   */
  list(organization: string, after: number, limit: number): Promise<number[]>;
}
