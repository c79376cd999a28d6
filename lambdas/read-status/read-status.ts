import { setTimeout as pause } from 'node:timers/promises';
import { watching } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import type { Custody } from '#domain/purpose.ts';
import type { EnrollmentCounts } from '#ports/registry.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/** How long custody may take to answer before it counts as silent, in milliseconds. */
const patience = 2_000;

/** How the service fares, as far as one organization is concerned. */
export interface ServiceStatus {
  build: string;
  custody: Custody;
  /** Whether custody did what it was just asked to do. */
  providerAnswers: boolean;
  enrollments: EnrollmentCounts;
  waitingMessages: number;
  /** How long the oldest of them has waited; absent if none does. */
  oldestWaitingSeconds?: number;
  deadLetters: number;
}

/**
 * Says how the service fares for the principal's organization.
 * @throws AccessError `not-permitted`; SetUpError `not-set-up`; StoreError `store-unavailable`
 */
export async function readStatus(
  dependencies: Pick<Dependencies, 'registry' | 'queues' | 'keys' | 'ledger' | 'clock' | 'build'>,
  principal: Principal,
  { requestId }: { requestId: string },
): Promise<ServiceStatus> {
  const act = actOf('read-status', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, watching);
    const { registry, queues, keys, clock, build } = dependencies;
    const { organization } = await loadOrganization(dependencies, principal.organization);
    const enrollments = await registry.counts(organization);
    const { waiting, oldestSince } = await queues.backlog(organization, enrollments);
    const age = oldestSince === undefined ? undefined : clock.now().getTime() - oldestSince.getTime();
    return {
      build,
      custody: keys.custody,
      providerAnswers: await answers(keys),
      enrollments,
      waitingMessages: waiting,
      ...(age !== undefined && { oldestWaitingSeconds: Math.max(0, Math.floor(age / 1_000)) }),
      deadLetters: await queues.countDeadLetters(organization),
    };
  });
}

/** Asks custody for a MAC, which it makes anew each time; of no password, so it helps nobody to guess one. */
async function answers(keys: Dependencies['keys']): Promise<boolean> {
  const message = new TextEncoder().encode('enrollment-key-escrow/v1/status\0');
  const answered = keys.mac(message).then(
    () => true,
    () => false,
  );
  return await Promise.race([answered, pause(patience, false, { ref: false })]);
}
