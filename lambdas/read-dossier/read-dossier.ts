import { auditing } from '#contract/api/roles.ts';
import { makeDossier } from '#crypto/dossier/statement.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { loadEnrollment, loadOwnEnrollment } from '#steps/load.ts';
import { actOf, recorded } from '#steps/record.ts';
import { type DossierNeeds, gatherDossier } from './gather-dossier.ts';

/**
 * Makes the dossier of an enrollment: all that is known of it, signed. An auditor or an administrator has that of each enrollment of
 * the organization, a subscriber that of the own one. It leaves only once it is recorded, with its SHA-256.
 * @param since how many entries a checkpoint is over that was kept: the proof comes along that the ledger continues it
 * @returns the file, as `verifyDossier` takes it
 * @throws AccessError `not-permitted`, `not-found`; StoreError `object-damaged` if the ledger, or a policy, is not what was written;
 *   `store-unavailable`; ProviderError as `KeyProvider.signReceipt`; ProofError `proof-failed`
 */
export async function readDossier(
  dependencies: DossierNeeds,
  principal: Principal,
  { enrollmentId, since, requestId }: { enrollmentId: string; since?: number | undefined; requestId: string },
): Promise<string> {
  const act = actOf('read-dossier', principal, { requestId, enrollmentId });
  const work = async () => {
    const enrollment = await enrollmentFor(dependencies, principal, enrollmentId);
    const dossier = await gatherDossier(dependencies, enrollment, since);
    const { keys } = dependencies;
    const publicKey = await keys.receiptKey();
    return await makeDossier(dossier, { publicKey, sign: (message) => keys.signReceipt(message) });
  };
  const { file } = await recorded(dependencies, act, work, ({ statement }) => ({
    about: [statement.sha256],
  }));
  return file;
}

async function enrollmentFor(
  dependencies: DossierNeeds,
  principal: Principal,
  enrollmentId: string,
): Promise<Enrollment> {
  const { roles, organization } = principal;
  if (auditing.some((role) => roles.includes(role)))
    return await loadEnrollment(dependencies, organization, enrollmentId);
  if (!roles.includes('subscriber')) throw new AccessError('not-permitted');
  return await loadOwnEnrollment(dependencies, principal, enrollmentId);
}
