/** A notice to a person. It never carries a secret. */
export interface Notice {
  /** The same notice sent again has the same id. */
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
   * Hands the notice over for delivery: at least once. One that is sent again is handed over once, unless whoever had it in hand
   * crashed, or was held up for a minute, before it could be noted; whoever delivers it can tell by its id.
   * @throws StoreError `store-unavailable`; it may be repeated
   */
  notify(notice: Notice): Promise<void>;
}
