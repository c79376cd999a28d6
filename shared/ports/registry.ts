import type { Enrollment, EnrollmentState, ReplaceCondition } from '#domain/enrollment.ts';
import type { Organization } from '#domain/organization.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { SealedLedger } from '#domain/sealed-ledger.ts';

/** The kinds of aggregate. One aggregate is one record and carries the events of its present version. */
export interface Aggregates {
  enrollment: Enrollment;
  organization: Organization;
  ledger: SealedLedger;
}

export type AggregateType = keyof Aggregates;
export type Aggregate = Aggregates[AggregateType];

export interface EnrollmentQuery {
  organization: string;
  subscriberId?: string;
  states?: readonly EnrollmentState[];
  purpose?: Purpose;
  /** At most so many; 1 to 1,000. */
  limit: number;
  /** Where the page before ended; or any id, to begin after it, whether there is one of that name or not. */
  cursor?: string;
}

/** How many enrollments are in each state. */
export type EnrollmentCounts = Readonly<Record<EnrollmentState, number>>;

export interface Page<T> {
  items: T[];
  /** Present when there may be more. */
  cursor?: string;
}

/**
 * Keeps aggregates. Every write is one conditional write of one record; the events that the record carries are
 * published from it, at least once, by whatever follows the store (a table stream, a local outbox).
 *
 * Failure contract: a call that throws has changed nothing, but for `store-unavailable`, after which the write may or
 * may not stand: read again before deciding. Only `store-unavailable` may be repeated unchanged. A write that is too large for
 * the store is refused by `record-too-large`; a store that is not set up, by `store-misconfigured`.
 *
 * `read` gives what was written last. Lists and counts may follow a write moments later, where a store has indexes of its own;
 * but each record that a list shows is shown as it stands.
 */
export interface Registry {
  /**
   * Stores a new aggregate (its version is 1).
   * @throws StateError `already-exists` if there is one of this type, organization and id
   * @throws StoreError `store-unavailable`
   */
  create(record: Aggregate): Promise<void>;

  /**
   * The aggregate as last written; undefined if there is none in this organization.
   * @throws StoreError `store-unavailable`
   */
  read<T extends AggregateType>(
    type: T,
    organization: string,
    id: string,
  ): Promise<Aggregates[T] | undefined>;

  /**
   * Replaces an aggregate if it still has the version, and is in one of the states, of the condition. Where the condition
   * names states, an aggregate that has none never meets it.
   * @throws StateError `version-conflict` if not, or if there is none
   * @throws StoreError `store-unavailable`
   */
  replace(record: Aggregate, condition: ReplaceCondition): Promise<void>;

  /**
   * Enrollments of an organization in the order of their ids, by pages; a page may be short and still have a cursor.
   * @throws StoreError `store-unavailable`
   */
  enrollments(query: EnrollmentQuery): Promise<Page<Enrollment>>;

  /**
   * Enrollments of an organization that still name something to be discarded (`pendingLock`, `superseded`, `escrowing`), in the order of
   * their ids, by pages; what it costs goes by their number alone.
   * @param limit at most so many; 1 to 1,000
   * @param cursor where the page before ended
   * @throws StoreError `store-unavailable`
   */
  leftovers(organization: string, limit: number, cursor?: string): Promise<Page<Enrollment>>;

  /**
   * How many enrollments an organization has, by state; zeros for an organization that is not there.
   * @throws StoreError `store-unavailable`
   */
  counts(organization: string): Promise<EnrollmentCounts>;

  /**
   * The organizations that were set up, in the order of their ids: for what the clock sets to work for each of them.
   * @throws StoreError `store-unavailable`
   */
  organizations(): Promise<string[]>;
}
