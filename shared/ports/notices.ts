import type { Notice } from './notifier.ts';
import type { Page } from './registry.ts';

/** A notice as it was handed over for delivery. */
export interface KeptNotice extends Notice {
  /** ISO 8601 */
  time: string;
}

export interface NoticeQuery {
  organization: string;
  subscriberId?: string;
  /** At most so many; 1 to 1,000. */
  limit: number;
  /** Where the page before ended: digits. */
  cursor?: string;
}

/** What subscribers were told: the read side of `Notifier`. */
export interface Notices {
  /**
   * An organization's notices, newest first, by pages; those that come meanwhile disturb no page.
   * @throws StoreError `store-unavailable`
   */
  list(query: NoticeQuery): Promise<Page<KeptNotice>>;
}
