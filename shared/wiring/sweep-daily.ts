import type { KeyProvider } from '#ports/key-provider.ts';
import type { WorkerOpening } from './worker-function.ts';

/** No key waits as long as that for its name, in milliseconds. */
const namelessFor = 3_600_000;
/** How often the function is set to work, in minutes: one of its runs falls into the first so many of a day. */
const everyMinutes = 5;

/**
 * Destroys keys that a crash left without a name, once a day (UTC): it may look at every key of the account. What fails is tried
 * again the next day.
 */
export async function sweepDaily(
  { clock, log, counting }: Pick<WorkerOpening, 'clock' | 'log' | 'counting'>,
  keys: Pick<KeyProvider, 'sweep'>,
): Promise<void> {
  const now = clock.now();
  if (keys.sweep === undefined || now.getUTCHours() > 0 || now.getUTCMinutes() >= everyMinutes) return;
  try {
    const count = await keys.sweep(new Date(now.getTime() - namelessFor));
    if (count > 0) log.info('swept', { count });
  } catch (error) {
    log.warn('schedule-failed', {}, error);
    counting.add('ReconcileFailures');
  }
}
