/** The namespace of the service's own metrics in Amazon CloudWatch. */
export const metricNamespace = 'EnrollmentKeyEscrow';

/** What the service counts beyond what AWS counts itself, with the unit of each. */
export const metricUnits = {
  /** Key pairs that were made, with their request. */
  Enrolled: 'Count',
  /** Backups that were proved and count. */
  Escrowed: 'Count',
  /** Requests and exports that were refused by policy. */
  Refused: 'Count',
  /** Calls on which an organization's policy failed, and what was asked was refused for that. Of the whole stage, not of one function. */
  PolicyFailures: 'Count',
  /** From the request to its proved backup, where no subscriber was waited for. */
  SecondsFromRequestToProvedEscrow: 'Seconds',
  /** Events that written aggregates carried, and that were handed on. */
  EventsCarried: 'Count',
  /** Events that can never be carried, and were left behind. */
  EventsPassedOver: 'Count',
  /** Messages that failed, and are tried again. */
  DeliveriesRetried: 'Count',
  /** Messages that were given up, and stand among the dead letters. */
  DeliveriesBuried: 'Count',
  /** Messages that were not begun, or not finished, as the function's time was up. */
  DeliveriesGivenBack: 'Count',
  /** Messages that no event can be read from, left to their queue's own dead letters. */
  MessagesUnreadable: 'Count',
  /** What fell out of a queue unhandled, and was put among the dead letters. */
  MessagesUnhandled: 'Count',
  /** Attempts at a key pair that had died, and were abandoned. */
  AttemptsAbandoned: 'Count',
  /** Events that were sent once more, since what they should have caused had not happened. */
  EventsSentAgain: 'Count',
  /** Stored backups that no enrollment refers to. */
  ObjectsOrphaned: 'Count',
  /** Enrollments whose backup is not where they say. */
  BackupsMissing: 'Count',
  /** Enrollments that wait for their key pair for longer than an hour, though for nobody's password. */
  EnrollmentsWaitingLong: 'Count',
  /** What the reconciler could not mend. */
  ReconcileFailures: 'Count',
  /** Dead letters that wait for somebody. */
  DeadLetters: 'Count',
  /** Segments of ledgers that were sealed. */
  SegmentsSealed: 'Count',
  /** Times that a ledger was not sealed, as it is not the one that was sealed before. */
  LedgersNotSealed: 'Count',
  /** Stored backups that were read and held against their record, and those that failed it. */
  BackupsChecked: 'Count',
  BackupChecksFailed: 'Count',
  /** Canary backups that were really opened, and those that could not be. */
  CanariesOpened: 'Count',
  CanaryChecksFailed: 'Count',
} as const;

export type MetricName = keyof typeof metricUnits;

/** What metrics are told apart by: never an organization, a person or a record. */
export interface MetricDimensions {
  /** The function's name in the table of functions. */
  function: string;
  stage: string;
}
