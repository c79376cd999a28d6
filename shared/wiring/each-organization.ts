import { newId } from '#crypto/identifiers.ts';
import type { Registry } from '#ports/registry.ts';
import type { TimeLimit } from '#runtime/lambda/invocation.ts';
import type { WorkerOpening } from './worker-function.ts';

/** What is done for an organization. */
export type ForOrganization<T> = (request: { organization: string; requestId: string }) => Promise<T>;

/** How often the function is set to work, in milliseconds; each time it begins with another organization. */
const turn = 5 * 60_000;

/**
 * Does some work for every organization, one after the other, until the time is up. A failure in one keeps none of the others
 * from it. Those that there was no time for come first some other time: it begins further on each time.
 * @returns what the work returned, of those for which it was done
 * @throws StoreError `store-unavailable` if the organizations cannot be read
 */
export async function eachOrganization<T>(
  { clock, log, counting }: Pick<WorkerOpening, 'clock' | 'log' | 'counting'>,
  registry: Pick<Registry, 'organizations'>,
  time: TimeLimit,
  work: ForOrganization<T>,
): Promise<T[]> {
  const results: T[] = [];
  const organizations = await registry.organizations();
  const first = Math.floor(clock.now().getTime() / turn) % Math.max(1, organizations.length);
  for (const organization of [...organizations.slice(first), ...organizations.slice(0, first)]) {
    if (time.left() === 0) break;
    const requestId = newId('req');
    try {
      results.push(await work({ organization, requestId }));
    } catch (error) {
      log.warn('schedule-failed', { organization, requestId }, error);
      counting.add('ReconcileFailures');
    }
  }
  return results;
}
