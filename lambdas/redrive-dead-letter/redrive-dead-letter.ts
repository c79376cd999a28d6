import { administering } from '#contract/api/roles.ts';
import { AccessError, EscrowError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/**
 * Puts a dead letter of the principal's organization back into its queue. One that was put back already is not found, nor is
 * another organization's.
 * @throws AccessError `not-permitted`, `not-found`; StoreError `store-unavailable`
 */
export async function redriveDeadLetter(
  dependencies: Pick<Dependencies, 'queues' | 'ledger'>,
  principal: Principal,
  { deadLetterId, requestId }: { deadLetterId: string; requestId: string },
): Promise<void> {
  const act = actOf('redrive-dead-letter', principal, { requestId });
  const work = async () => {
    requireRole(principal, administering);
    try {
      await dependencies.queues.redriveOf(principal.organization, deadLetterId);
    } catch (cause) {
      const missing = cause instanceof EscrowError && cause.code === 'object-missing';
      throw missing ? new AccessError('not-found', { cause }) : cause;
    }
  };
  await recorded(dependencies, act, work, () => ({ about: [`dead-letter ${deadLetterId}`] }));
}
