import type { DeadLetter } from './messages.ts';
import type { EnrollmentCounts, Page } from './registry.ts';

/**
 * What waits for an organization. Queues that can be asked for one organization's messages are: their messages count, hidden ones
 * and those being worked on included. SQS cannot be; there, what waits are the enrollments that somebody must do something for
 * (`accepted`, `making`): those whose key is still to be made.
 */
export interface Backlog {
  waiting: number;
  /**
   * Since when the oldest of them does; absent if there is none. Where enrollments are counted, it is the oldest of those that were
   * looked at, a bounded number of them, so it may be later than the truth.
   */
  oldestSince?: Date;
}

/**
 * What an organization may know of its own messages, and do about those that were given up. A message is an organization's if
 * its event's source names it (`organizationOf`); another's is as if it were not there.
 */
export interface OrganizationQueues {
  /**
   * The dead letters of an organization, oldest first, by pages.
   * @param cursor where the page before ended: digits
   * @throws StoreError `store-unavailable`
   */
  deadLettersOf(organization: string, limit: number, cursor?: string): Promise<Page<DeadLetter>>;

  /** How many dead letters an organization has. @throws StoreError `store-unavailable` */
  countDeadLetters(organization: string): Promise<number>;

  /**
   * Puts a dead letter of an organization back into its queue, with a receive count of zero.
   * @param before waited for once it is known to be there; where it throws, nothing is done
   * @throws StoreError `object-missing` if there is none of this id, or it is another organization's; `store-unavailable`
   */
  redriveOf(organization: string, id: string, before?: () => Promise<unknown>): Promise<void>;

  /**
   * @param counts of the organization's enrollments, if they are known: where those are what is counted, they need not be asked for
   * @throws StoreError `store-unavailable`
   */
  backlog(organization: string, counts?: EnrollmentCounts): Promise<Backlog>;
}
