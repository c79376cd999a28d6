/**
 * The kinds of write-once record. `locked-key` lives apart from the others (a table of its own, without a stream), so
 * that whoever reads lists and events cannot read it.
 */
export const documentKinds = [
  'locked-key',
  'csr',
  'placeholder',
  'sealed-passphrase',
  'receipt',
  /** A policy, named by its SHA-256: the text in Cedar and its tests. */
  'policy',
  /** A published policy, named by its version: which document it is, and whose decision. */
  'policy-version',
] as const;
export type DocumentKind = (typeof documentKinds)[number];

export interface DocumentName {
  kind: DocumentKind;
  organization: string;
  /** Unique within kind and organization; names the attempt that wrote it. */
  id: string;
}

/**
 * Keeps the large parts that never change, each written once, before the aggregate that points to it.
 *
 * Failure contract: writing the same bytes again is success, so a write may be repeated after `store-unavailable`.
 */
export interface DocumentStore {
  /**
   * @throws StateError `already-exists` if other bytes stand under this name; nothing is changed
   * @throws StoreError `store-unavailable`
   */
  put(name: DocumentName, bytes: Uint8Array): Promise<void>;

  /**
   * The bytes as they were written.
   * @throws StoreError `object-missing`, `store-unavailable`
   */
  get(name: DocumentName): Promise<Uint8Array>;

  /**
   * Removes a record that an abandoned attempt left, or that was superseded; nothing there is success. Never called for a
   * record that an aggregate points to. No copy of it stays within the store's reach.
   * @throws StoreError `store-unavailable`
   */
  discard(name: DocumentName): Promise<void>;
}
