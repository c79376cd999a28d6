import type { Page } from './registry.ts';

/** A stored backup as a list names it, by the one version that was written. */
export interface ListedObject {
  name: string;
  version: string;
  size: number;
  /** No version may be removed before this; absent where the store does not tell it in a list: ask `describe`. */
  retainUntil?: Date;
}

/** A stored backup, with all that is known of it but its content. */
export interface StoredObject extends ListedObject {
  /** SHA-256 of the content, hex, checked by the store as it was written. */
  sha256: string;
  retainUntil: Date;
}

/**
 * Keeps escrowed backups: versions, create-once names, retention that can only grow.
 *
 * Failure contract: a call that throws has changed nothing, but for `store-unavailable`, after which a `put` may stand:
 * repeating it with the same bytes finds it. Every read is by version and is checked against the SHA-256 of the write.
 */
export interface BackupVault {
  /** Present where what nobody refers to can be removed once its retention has ended. */
  readonly removable?: RemovableBackups;

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
   * What the store itself knows of one version. The content is not read: damage that the store has not noticed is told by
   * `read` alone.
   * @throws StoreError `object-missing`; `object-damaged` if the store knows no SHA-256 of it, or no retention: then it is
   *   not as it was written here; `store-unavailable`
   */
  describe(name: string, version: string): Promise<StoredObject>;

  /**
   * Extends the retention of one version; an earlier date than the present one is refused.
   * @throws StoreError `object-missing`, `retention-locked`, `store-unavailable`
   */
  extendRetention(name: string, version: string, retainUntil: Date): Promise<void>;

  /**
   * What is stored under a prefix, in the order of names, without content, by pages; a page may be short and still have a
   * cursor.
   * @param cursor where the page before ended
   * @throws StoreError `store-unavailable`
   */
  list(prefix: string, cursor?: string): Promise<Page<ListedObject>>;
}

/** What a vault of files can do, and one on S3 cannot: there, removal is denied to everybody. */
export interface RemovableBackups {
  /**
   * Removes one version whose retention has ended.
   * @throws StoreError `object-missing`, `retention-locked`, `store-unavailable`
   */
  remove(name: string, version: string): Promise<void>;
}
