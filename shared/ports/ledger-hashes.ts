/** A whole subtree of the tree over a ledger: over 2^height lines, the last of which has the sequence `end`. */
export interface Subtree {
  end: number;
  height: number;
}

/**
 * Hashes of the trees over organizations' sealed lines, kept as they are sealed, so that a proof is not made of all lines. Whatever
 * is missing here can be made of the lines, and nothing here is trusted: whoever proves by it verifies by a signed root.
 */
export interface LedgerHashes {
  /**
   * The hashes of leaves, from one on to before another, counted from 0; undefined where not all of them are kept.
   * @throws StoreError `store-unavailable`
   */
  leaves(organization: string, start: number, end: number): Promise<Uint8Array[] | undefined>;

  /**
   * The roots of subtrees, in their order; each undefined where it is not kept.
   * @throws StoreError `store-unavailable`
   */
  roots(organization: string, subtrees: readonly Subtree[]): Promise<(Uint8Array | undefined)[]>;
}
