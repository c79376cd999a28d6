/** A stored backup, named by the one version that was written and proved. */
export interface StoredObject {
  name: string;
  version: string;
  /** SHA-256 of the content, hex, checked by the store as it was written. */
  sha256: string;
  size: number;
  /** No version may be removed before this. */
  retainUntil: Date;
}

/**
 * Keeps escrowed backups: versions, create-once names, retention that can only grow.
 *
 * Failure contract: a call that throws has changed nothing, but for `store-unavailable`, after which a `put` may stand:
 * repeating it with the same bytes finds it. Every read is by version and is checked against the SHA-256 of the write.
 */
export interface BackupVault {
  /**
   * Creates an object that did not exist, locked until `retainUntil`. If one of this name exists with the same
   * content, that one is returned: the write of an earlier, unanswered try.
   * @param name `organization/enrollment/attempt.pfx`: letters, digits, `-`, `_`, `.` and `/`
   * @throws StateError `already-exists` if the name is taken by other content
   * @throws StoreError `store-unavailable`
   */
  put(name: string, bytes: Uint8Array, retainUntil: Date): Promise<StoredObject>;

  /**
   * The bytes of one version.
   * @throws StoreError `object-missing`, `object-damaged` (its SHA-256 is not that of the write), `store-unavailable`
   */
  read(name: string, version: string): Promise<Uint8Array>;

  /**
   * Extends the retention of one version; an earlier date than the present one is refused.
   * @throws StoreError `object-missing`, `retention-locked`, `store-unavailable`
   */
  extendRetention(name: string, version: string, retainUntil: Date): Promise<void>;

  /**
   * What is stored under a prefix, in the order of names, without content.
   * @throws StoreError `store-unavailable`
   */
  list(prefix: string): Promise<StoredObject[]>;

  /**
   * Removes one version whose retention has ended.
   * @throws StoreError `object-missing`, `retention-locked`, `store-unavailable`
   */
  remove(name: string, version: string): Promise<void>;
}
