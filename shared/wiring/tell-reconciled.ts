import type { WorkerOpening } from './worker-function.ts';

/** What a run of the reconciler found and mended for an organization, by name. */
export interface Mended {
  organization: string;
  requestId: string;
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

/** Logs what a run of the reconciler did, for each organization that it did anything for; and counts it over all of them. */
export function tellReconciled(
  { log, counting }: Pick<WorkerOpening, 'log' | 'counting'>,
  all: readonly Mended[],
): void {
  for (const done of all) tellOf(log, done);
  const sum = (count: (done: Mended) => number) => all.reduce((total, done) => total + count(done), 0);
  counting.add(
    'AttemptsAbandoned',
    sum(({ abandonedAttempts }) => abandonedAttempts.length),
  );
  counting.add('EventsSentAgain', sum(sentAgain));
  counting.add(
    'ObjectsOrphaned',
    sum(({ orphanedObjects }) => orphanedObjects.length),
  );
  counting.add(
    'BackupsMissing',
    sum(({ missingBackups }) => missingBackups.length),
  );
  counting.add(
    'ReconcileFailures',
    sum(({ failed }) => failed.length),
  );
  counting.add(
    'EnrollmentsWaitingLong',
    sum(({ waitingLong }) => waitingLong),
  );
  counting.add(
    'DeadLetters',
    sum(({ deadLetters }) => deadLetters),
  );
}

/** Logs and counts what was published since somebody ordered it. @param count of events */
export function tellPublished(
  { log, counting }: Pick<WorkerOpening, 'log' | 'counting'>,
  count: number,
): void {
  log.info('reconciled', { emittedAgain: count });
  counting.add('EventsSentAgain', count);
}

function sentAgain({ emittedAgain, publishedAgain }: Mended): number {
  return emittedAgain.length + publishedAgain.length;
}

function tellOf(log: WorkerOpening['log'], done: Mended): void {
  const about = { organization: done.organization, requestId: done.requestId };
  // No more than its number: what was found is in the ledger.
  const count = done.missingBackups.length;
  if (count > 0) log.error('check-found', { ...about, code: 'object-missing', count });
  if (done.waitingLong > 0) log.warn('waiting-long', { ...about, count: done.waitingLong });
  const counts = {
    abandonedAttempts: done.abandonedAttempts.length,
    emittedAgain: sentAgain(done),
    removedObjects: done.removedObjects.length,
    discarded: done.discarded.length,
    failures: done.failed.length,
  };
  if (Object.values(counts).some((each) => each > 0)) log.info('reconciled', { ...about, ...counts });
}
