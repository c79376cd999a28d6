import type { ActiveBackup } from '#domain/enrollment.ts';
import { EscrowError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadVisibleEnrollment } from '#steps/load-visible.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'ledger'>;

/** An escrowed backup that counts, as it is listed. Where its object is, is nobody's concern. */
export interface ListedBackup
  extends Pick<ActiveBackup, 'id' | 'profile' | 'pfxSha256' | 'objectVersion' | 'retainUntil' | 'receiptId'> {
  /** Whether its sealed passphrase stands beside it: without that, nobody could ever open it. */
  sealed: boolean;
}

/**
 * Lists the active escrowed backups of an enrollment; one that is being written is none yet.
 * @throws AccessError `not-permitted`, `not-found`; StoreError `store-unavailable`
 */
export async function listBackups(
  dependencies: Needs,
  principal: Principal,
  { enrollmentId, requestId }: { enrollmentId: string; requestId: string },
): Promise<ListedBackup[]> {
  const act = actOf('list-backups', principal, { requestId, enrollmentId });
  return await recordedIfRefused(dependencies, act, async () => {
    const { organization, backups } = await loadVisibleEnrollment(dependencies, principal, enrollmentId);
    const active = backups.filter((backup) => backup.state === 'active');
    return await Promise.all(active.map((backup) => listed(dependencies, organization, backup)));
  });
}

async function listed(
  dependencies: Needs,
  organization: string,
  backup: ActiveBackup,
): Promise<ListedBackup> {
  const { id, profile, pfxSha256, objectVersion, retainUntil, receiptId, sealedPassphraseId } = backup;
  const sealed = await isStored(dependencies, organization, sealedPassphraseId);
  return { id, profile, pfxSha256, objectVersion, retainUntil, receiptId, sealed };
}

async function isStored({ documents }: Needs, organization: string, id: string): Promise<boolean> {
  try {
    await documents.get({ kind: 'sealed-passphrase', organization, id });
    return true;
  } catch (error) {
    if (error instanceof EscrowError && error.code === 'object-missing') return false;
    throw error;
  }
}
