/** A notice to a person. It never carries a secret. */
export interface Notice {
  /** The same notice sent again has the same id, and reaches the person once. */
  id: string;
  organization: string;
  subscriberId: string;
  /** Where to reach the person. */
  email: string;
  subject: string;
  text: string;
}

/** Tells subscribers what concerns them (Federal Common Policy 4.12.1.1, 4.12.1.4). */
export interface Notifier {
  /**
   * Hands the notice over for delivery.
   * @throws StoreError `store-unavailable`; it may be repeated
   */
  notify(notice: Notice): Promise<void>;
}
