import type { WorkerOpening } from './worker-function.ts';

/** What a run of the reconciler found and mended, by name. */
export interface Mended {
  abandonedAttempts: readonly string[];
  emittedAgain: readonly string[];
  publishedAgain: readonly string[];
  removedObjects: readonly string[];
  orphanedObjects: readonly string[];
  missingBackups: readonly string[];
  discarded: readonly string[];
  failed: readonly string[];
  waitingLong: number;
  deadLetters: number;
}

/** Logs and counts what a run of the reconciler did for an organization, where it did anything. */
export function tellReconciled(
  { log, counting }: Pick<WorkerOpening, 'log' | 'counting'>,
  about: { organization: string; requestId: string },
  done: Mended,
): void {
  const missing = done.missingBackups.length;
  // No more than their number: which they are, the ledger says.
  if (missing > 0) log.error('check-found', { ...about, code: 'object-missing', count: missing });
  const counts = {
    abandonedAttempts: done.abandonedAttempts.length,
    emittedAgain: done.emittedAgain.length + done.publishedAgain.length,
    removedObjects: done.removedObjects.length,
    discarded: done.discarded.length,
    failures: done.failed.length,
  };
  if (Object.values(counts).some((count) => count > 0)) log.info('reconciled', { ...about, ...counts });
  counting.add('AttemptsAbandoned', counts.abandonedAttempts);
  counting.add('EventsSentAgain', counts.emittedAgain);
  counting.add('ObjectsOrphaned', done.orphanedObjects.length);
  counting.add('BackupsMissing', missing);
  counting.add('EnrollmentsWaitingLong', done.waitingLong);
  counting.add('DeadLetters', done.deadLetters);
  counting.add('ReconcileFailures', counts.failures);
}
