import type { LedgerEntry } from './ledger.ts';
import type { Page } from './registry.ts';

/** One line of an organization's log, in the order of its members. Its JSON, without white space, is what is hashed. */
export interface LedgerLine {
  /** 1 for an organization's first line, and then without gaps. */
  sequence: number;
  /** SHA-256 of the line before, hex; 64 zeros in the first. */
  previousSha256: string;
  /** ISO 8601 */
  time: string;
  /** What `Ledger.record` returned. */
  id: string;
  entry: LedgerEntry;
}

/** A line, and the exact text of it. */
export interface KeptLine {
  sequence: number;
  /** What is hashed, as UTF-8; never parsed and written again. */
  text: string;
}

/** Which lines are looked for. What is absent says nothing; `enrollments` and `principal` together are either of them. */
export interface LedgerQuestion {
  organization: string;
  /** Of any of these enrollments. */
  enrollments?: readonly string[];
  /** Of what this one asked. */
  principal?: string;
  /** Only what was refused. */
  refused?: true;
  /** At most so many; 1 to 1,000. */
  limit: number;
  /** Only lines after this sequence. */
  after: number;
}

/** Reads the log that a `Ledger` appends to: per organization, in the order of recording. Nothing here changes it. */
export interface LedgerLog {
  /**
   * Those that anything was recorded for, sorted; and perhaps others that may have a ledger. The empty one is where entries stand
   * that name no organization.
   * @throws StoreError `store-unavailable`
   */
  organizations(): Promise<string[]>;

  /**
   * Lines after a sequence, in their order; none where there are none.
   * @param after 0 to begin with the first
   * @throws StoreError `store-unavailable`
   */
  lines(organization: string, after: number, limit: number): Promise<KeptLine[]>;

  /**
   * Lines that answer a question, oldest first, by pages; the cursor is the last one's sequence.
   * @throws StoreError `store-unavailable`
   */
  find(question: LedgerQuestion): Promise<Page<KeptLine>>;

  /**
   * The line of an entry; undefined if the organization has no such entry.
   * @throws StoreError `store-unavailable`
   */
  locate(organization: string, entryId: string): Promise<KeptLine | undefined>;
}
