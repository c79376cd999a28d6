import { administering } from '#contract/api/roles.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadOrganization } from '#steps/load.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';

/**
 * Withdraws a proposal, whoever made it: one's own, or that of another administrator, which is to reject it. Another proposal that
 * took its place meanwhile stays.
 * @param withdrawing.document the SHA-256 that names the proposal, hex
 * @throws AccessError `not-permitted`; StateError `version-conflict`; SetUpError `not-set-up`; StoreError `store-unavailable`
 */
export async function withdrawProposal(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { document, requestId }: { document: string; requestId: string },
): Promise<void> {
  const act = actOf('withdraw-proposal', principal, { requestId });
  await recorded(dependencies, act, async (recordNow) => {
    requireRole(principal, administering);
    const { proposal } = await loadOrganization(dependencies, principal.organization);
    if (proposal?.document !== document) return;
    await recordNow({ about: [document] });
    await updateOrganization(dependencies, principal.organization, (current) =>
      current.proposal?.document === document ? { proposal: undefined } : undefined,
    );
  });
}
