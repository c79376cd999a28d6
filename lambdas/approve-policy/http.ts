import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { approvePolicy } from './approve-policy.ts';

type R = RouteNamed<'approvePolicy'>;

/** Answers `approvePolicy`; throws what the use case throws. */
export async function answerApprovePolicy(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'clock'>,
  { principal, body: { document }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  return { json: await approvePolicy(dependencies, principal, { document, requestId }) };
}
