import { newId } from '#crypto/identifiers.ts';
import { partAt } from '#lambdas/reconcile/parts.ts';
import { type Reconciled, reconcile } from '#lambdas/reconcile/reconcile.ts';
import type { Logger } from '#runtime/log.ts';
import type { Dependencies } from '#steps/dependencies.ts';

/** Longer than any attempt at a key pair may take, in seconds. */
const longestAttempt = 900;

/**
 * Mends what crashes left behind, organization by organization; a failure in one does not keep the others from it.
 * @param aliveSince when this process opened the data folder, which is its alone: what was under way before that is dead,
 *   however young
 * @throws StoreError `store-unavailable` if the organizations cannot be read
 */
export async function reconcileAll(dependencies: Dependencies, aliveSince: Date, log: Logger): Promise<void> {
  const { registry, clock } = dependencies;
  for (const organization of await registry.organizations()) {
    // A millisecond more, so that what this process began in its first one is not taken for dead.
    const alive = (clock.now().getTime() - aliveSince.getTime() + 1) / 1_000;
    const staleAfterSeconds = Math.min(longestAttempt, alive);
    const requestId = newId('req');
    try {
      const part = partAt(clock.now());
      const done = await reconcile(dependencies, { organization, staleAfterSeconds, requestId, part });
      tell(log, { organization, requestId }, done);
    } catch (error) {
      log.warn('schedule-failed', { organization, requestId }, error);
    }
  }
}

function tell(log: Logger, about: { organization: string; requestId: string }, done: Reconciled): void {
  // No more than its number: what was found is in the ledger.
  if (done.missingBackups.length > 0) {
    log.error('check-found', { ...about, code: 'object-missing', count: done.missingBackups.length });
  }
  if (done.waitingLong > 0) log.warn('waiting-long', { ...about, count: done.waitingLong });
  const counts = {
    abandonedAttempts: done.abandonedAttempts.length,
    emittedAgain: done.emittedAgain.length + done.publishedAgain.length,
    removedObjects: done.removedObjects.length,
    discarded: done.discarded.length,
    failures: done.failed.length,
  };
  if (Object.values(counts).some((count) => count > 0)) log.info('reconciled', { ...about, ...counts });
}
