import type { EventFeedWriter } from '#ports/event-feed.ts';
import type { OrganizationQueues } from '#ports/organization-queues.ts';
import type { UnpublishedEvents } from '#ports/unpublished-events.ts';
import type { Dependencies } from '#steps/dependencies.ts';

export type Needs = Pick<
  Dependencies,
  'registry' | 'documents' | 'vault' | 'keys' | 'ledger' | 'events' | 'clock' | 'idempotencyKeys'
> & {
  queues: Pick<OrganizationQueues, 'countDeadLetters'>;
  /** Present where the events of written aggregates are carried by something that may lose them. */
  carrying?: { unpublished: UnpublishedEvents; feed: EventFeedWriter };
};

export interface ReconcileRequest {
  organization: string;
  /** An attempt, or a change of a password, that started longer ago than this is dead: longer than any invocation may run. */
  staleAfterSeconds: number;
  requestId: string;
  /** Which part of the enrollments and objects is walked through, of `parts`; all of them if absent. */
  part?: number;
  /** Whether there is time left to begin something more; there always is if absent. */
  hasTime?: () => boolean;
}

/** What was found and mended, by enrollment id, object name or event id. */
export interface Reconciled {
  abandonedAttempts: string[];
  /** Enrollments whose key pair was asked for once more. */
  emittedAgain: string[];
  /** Events that had not been handed on. */
  publishedAgain: string[];
  removedObjects: string[];
  /** Objects that no enrollment refers to, and that stay: their lock has not ended, or nobody can remove them. */
  orphanedObjects: string[];
  /** Enrollments whose backup is not in the vault. Nobody can mend that here. */
  missingBackups: string[];
  /** Enrollments whose leftovers were discarded. */
  discarded: string[];
  /** What could not be mended now; recorded, unless it was the ledger that failed. */
  failed: string[];
  /** How many enrollments wait for their key pair for longer than an hour, of those that were looked at. */
  waitingLong: number;
  /** How many messages of the organization were given up. */
  deadLetters: number;
  /** Whether time was up before all was done; the rest is for the next time. */
  isCut: boolean;
}

export function nothingYet(): Reconciled {
  return {
    abandonedAttempts: [],
    emittedAgain: [],
    publishedAgain: [],
    removedObjects: [],
    orphanedObjects: [],
    missingBackups: [],
    discarded: [],
    failed: [],
    waitingLong: 0,
    deadLetters: 0,
    isCut: false,
  };
}

/** One thing that a run does. */
export type Duty = (needs: Needs, request: ReconcileRequest, done: Reconciled) => Promise<void>;
