import { auditing } from '#contract/api/roles.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/**
 * A segment of the ledger of the principal's organization, byte for byte as it was sealed.
 * @throws AccessError `not-permitted`, `not-found`; StoreError `store-unavailable`
 */
export async function readSegment(
  dependencies: Pick<Dependencies, 'segments' | 'ledger'>,
  principal: Principal,
  { segment, requestId }: { segment: number; requestId: string },
): Promise<Uint8Array> {
  const act = actOf('read-segment', principal, { requestId });
  return await recordedIfRefused(dependencies, act, async () => {
    requireRole(principal, auditing);
    const bytes = await dependencies.segments.get(principal.organization, segment);
    if (bytes === undefined) throw new AccessError('not-found');
    return bytes;
  });
}
