import { attachmentNamed } from '#contract/api/content-disposition.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import { fromPem } from '#crypto/pkcs10.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { readCsr } from './read-csr.ts';

type R = RouteNamed<'readCsr'>;

/** Answers `readCsr`; throws what the use case throws. */
export async function answerReadCsr(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  { principal, params: { enrollmentId }, media, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const pem = await readCsr(dependencies, principal, { enrollmentId, requestId });
  const isDer = media === 'application/pkcs10';
  const headers = { 'Content-Disposition': attachmentNamed(`${enrollmentId}.${isDer ? 'p10' : 'csr.pem'}`) };
  return { bytes: isDer ? fromPem(pem) : new TextEncoder().encode(pem), headers };
}
