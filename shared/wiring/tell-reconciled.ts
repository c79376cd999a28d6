import type { WorkerOpening } from './worker-function.ts';

/** What a run of the reconciler found and mended, by name. */
export interface Mended {
  abandonedAttempts: readonly string[];
  emittedAgain: readonly string[];
  removedObjects: readonly string[];
  discarded: readonly string[];
  failed: readonly string[];
}

/** Logs and counts what a run of the reconciler did for an organization, where it did anything. */
export function tellReconciled(
  { log, counting }: Pick<WorkerOpening, 'log' | 'counting'>,
  about: { organization: string; requestId: string },
  done: Mended,
): void {
  const counts = {
    abandonedAttempts: done.abandonedAttempts.length,
    emittedAgain: done.emittedAgain.length,
    removedObjects: done.removedObjects.length,
    discarded: done.discarded.length,
    failures: done.failed.length,
  };
  if (Object.values(counts).some((count) => count > 0)) log.info('reconciled', { ...about, ...counts });
  counting.add('AttemptsAbandoned', counts.abandonedAttempts);
  counting.add('EventsSentAgain', counts.emittedAgain);
  counting.add('ReconcileFailures', counts.failures);
}
