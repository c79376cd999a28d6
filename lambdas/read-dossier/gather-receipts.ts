import type { Dossier } from '#crypto/dossier/content.ts';
import { readReceipt } from '#crypto/receipts.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { EscrowError } from '#domain/errors.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { ifThere } from './if-there.ts';

/**
 * The receipts of an enrollment as they are stored: those that its record names, and those that its entries name.
 * @param named by its entries
 * @returns and which of them are not stored, or do not count
 * @throws StoreError `store-unavailable`
 */
export async function gatherReceipts(
  { documents }: Pick<Dependencies, 'documents'>,
  { organization, backups, refusal }: Enrollment,
  named: readonly string[],
): Promise<Pick<Dossier, 'receipts' | 'missingReceipts'>> {
  const counting = new Set(
    backups.flatMap((backup) => (backup.state === 'active' ? [backup.receiptId] : [])),
  );
  const own = [...(refusal === undefined ? [] : [refusal.receiptId]), ...counting];
  const receipts: Dossier['receipts'] = [];
  const missingReceipts: string[] = [];
  for (const id of new Set([...own, ...named])) {
    const bytes = await ifThere(() => documents.get({ kind: 'receipt', organization, id }));
    const jws = bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    if (jws === undefined || (!counting.has(id) && isOfStored(jws))) missingReceipts.push(id);
    else receipts.push({ id, jws });
  }
  return { receipts, missingReceipts };
}

/** Whether it states a stored backup: one that no record names is of an attempt that was not finished. */
function isOfStored(jws: string): boolean {
  try {
    const receipt = readReceipt(jws);
    return receipt.receipt === 'backup' && receipt.objectVersion !== null;
  } catch (error) {
    // Whoever verifies the dossier is to see that it is none.
    if (error instanceof EscrowError) return false;
    throw error;
  }
}
