import { auditing } from '#contract/api/roles.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/**
 * The newest checkpoint of the ledger of the principal's organization.
 * @returns compact JWS
 * @throws AccessError `not-permitted`, `not-found` where nothing is sealed yet; StoreError `store-unavailable`
 */
export async function readCheckpoint(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { requestId }: { requestId: string },
): Promise<string> {
  const act = actOf('read-checkpoint', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const sealed = await dependencies.registry.read('ledger', principal.organization, 'ledger');
    if (sealed !== undefined) return sealed.checkpoint;
    throw new AccessError('not-found', {
      why: 'Nothing of the ledger is sealed yet.',
      next: 'Ask again in a minute.',
    });
  });
}
