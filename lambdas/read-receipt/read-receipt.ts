import { readReceipt as receiptIn } from '#crypto/receipts.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import { AccessError, EscrowError, StoreError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadVisibleEnrollment } from '#steps/load-visible.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'ledger'>;

/**
 * Hands out a receipt of an enrollment: of an escrowed backup, of a subscriber copy, or of a refusal. Another enrollment's
 * looks like none.
 * @returns compact JWS (RFC 7515), as it was signed
 * @throws AccessError `not-permitted`, `not-found`; StoreError `object-damaged`, `store-unavailable`
 */
export async function readReceipt(
  dependencies: Needs,
  principal: Principal,
  { enrollmentId, receiptId, requestId }: { enrollmentId: string; receiptId: string; requestId: string },
): Promise<string> {
  const act = actOf('read-receipt', principal, { requestId, enrollmentId });
  return await recordedIfRefused(dependencies, act, async () => {
    const enrollment = await loadVisibleEnrollment(dependencies, principal, enrollmentId);
    const jws = await storedReceipt(dependencies, enrollment, receiptId);
    if (enrollmentOf(jws) !== enrollment.id) throw new AccessError('not-found');
    return jws;
  });
}

async function storedReceipt(
  { documents }: Needs,
  { organization }: Enrollment,
  id: string,
): Promise<string> {
  try {
    return new TextDecoder().decode(await documents.get({ kind: 'receipt', organization, id }));
  } catch (cause) {
    const missing = cause instanceof EscrowError && cause.code === 'object-missing';
    throw missing ? new AccessError('not-found', { cause }) : cause;
  }
}

function enrollmentOf(jws: string): string {
  try {
    return receiptIn(jws).enrollmentId;
  } catch (cause) {
    throw new StoreError('object-damaged', { cause });
  }
}
