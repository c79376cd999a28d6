import { canaryOrganization } from '#domain/canary.ts';
import { startChecks } from '#lambdas/check-backups/start-checks.ts';
import { requestCanary } from '#lambdas/check-canaries/request-canary.ts';
import { startCanaryCheck } from '#lambdas/check-canaries/start-canary-check.ts';
import type { Logger } from '#runtime/log.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { Schedule } from './schedule.ts';

const daily = 86_400;

/** When each begins after the service starts, in seconds: what is there to be done at the start comes first. */
const firstAfter = { canary: 600, canaryCheck: 1_200, backups: 3_600 } as const;

export interface DailyChecksParts {
  dependencies: Dependencies;
  /** Told that there are new events. */
  nudge(): void;
  log: Logger;
  /** Whether key pairs of the service's own are made and opened. */
  canaries: boolean;
}

/**
 * What is set to work once a day to see whether backups would open: the check of those that are stored, and the canaries, which
 * are looked at some minutes after they were asked for.
 */
export function dailyChecks({ dependencies, nudge, log, canaries }: DailyChecksParts): Schedule[] {
  const schedule = (firstAfterSeconds: number, work: () => Promise<unknown>) =>
    new Schedule({
      everySeconds: daily,
      firstAfterSeconds,
      async work() {
        await work();
        nudge();
      },
      onFailure: (error) => log.warn('schedule-failed', {}, error),
    });
  const backups = schedule(firstAfter.backups, () => startChecks(dependencies));
  if (!canaries) return [backups];
  return [
    backups,
    schedule(firstAfter.canary, () => requestCanary(dependencies)),
    schedule(firstAfter.canaryCheck, () => checkIfSetUp(dependencies)),
  ];
}

async function checkIfSetUp(dependencies: Dependencies): Promise<void> {
  const { registry } = dependencies;
  const canaries = await registry.read('organization', canaryOrganization, 'organization');
  if (canaries !== undefined) await startCanaryCheck(dependencies);
}
