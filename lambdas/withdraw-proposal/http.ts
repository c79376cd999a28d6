import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { withdrawProposal } from './withdraw-proposal.ts';

type R = RouteNamed<'withdrawProposal'>;

/** Answers `withdrawProposal`; throws what the use case throws. */
export async function answerWithdrawProposal(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, params: { document }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  await withdrawProposal(dependencies, principal, { document, requestId });
  return { nothing: true };
}
