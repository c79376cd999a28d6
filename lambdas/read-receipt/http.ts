import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { readReceipt } from './read-receipt.ts';

type R = RouteNamed<'readReceipt'>;

/** Answers `readReceipt`; throws what the use case throws. */
export async function answerReadReceipt(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  { principal, params: { enrollmentId, receiptId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const jws = await readReceipt(dependencies, principal, { enrollmentId, receiptId, requestId });
  return { bytes: new TextEncoder().encode(jws) };
}
