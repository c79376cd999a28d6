import { administering } from '#contract/api/roles.ts';
import { AccessError, EscrowError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { whatStands } from '#steps/may-stand.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/**
 * Puts a dead letter of the principal's organization back into its queue. One that was put back already is not found, nor is
 * another organization's. It is recorded before it is done.
 * @throws AccessError `not-permitted`, `not-found`; StoreError `store-unavailable`
 */
export async function redriveDeadLetter(
  dependencies: Pick<Dependencies, 'queues' | 'ledger'>,
  principal: Principal,
  { deadLetterId, requestId }: { deadLetterId: string; requestId: string },
): Promise<void> {
  const act = actOf('redrive-dead-letter', principal, { requestId });
  await recorded(dependencies, act, async (recordNow) => {
    requireRole(principal, administering);
    const now = () => recordNow({ about: [`dead-letter ${deadLetterId}`] });
    try {
      await whatStands(() => dependencies.queues.redriveOf(principal.organization, deadLetterId, now));
    } catch (cause) {
      const missing = cause instanceof EscrowError && cause.code === 'object-missing';
      throw missing ? new AccessError('not-found', { cause }) : cause;
    }
  });
}
