import type { KeptLine } from './ledger-log.ts';

/** How far an organization's log is sealed. */
export interface SealedSoFar {
  /** The number of the last segment; 0 where there is none. */
  segment: number;
  /** How many lines are sealed. */
  treeSize: number;
  /** SHA-256 of the last of them, hex; 64 zeros where there is none. */
  lastLineSha256: string;
  /** The roots of the whole subtrees that the tree over them consists of, the widest first. */
  nodes: readonly Uint8Array[];
}

/**
 * A log as what seals it sees it. Where entries have their order in the log from the moment in which they are recorded, sealing
 * changes nothing; where many record side by side, it is sealing that gives them their order, and this notes it.
 */
export interface SealableLog {
  /**
   * The lines that come next, in their order, read as they are taken.
   * @throws StoreError `store-unavailable`
   */
  following(organization: string, sealed: SealedSoFar): AsyncIterable<KeptLine>;

  /**
   * Whether lines of a segment that was found are all of entries of this log, none of which is sealed elsewhere.
   * @param segment its number: the one after the last
   * @throws StoreError `store-unavailable`
   */
  holds(
    organization: string,
    segment: number,
    lines: readonly string[],
    sealed: SealedSoFar,
  ): Promise<boolean>;

  /**
   * Notes where the lines of a segment stand, which is stored already and does not count yet. May be done again.
   * @param sealed how far the log was sealed before it
   * @throws StoreError `object-damaged` if an entry is gone, or is sealed elsewhere; `store-unavailable`
   */
  noteSealed(
    organization: string,
    segment: number,
    lines: readonly string[],
    sealed: SealedSoFar,
  ): Promise<void>;
}
