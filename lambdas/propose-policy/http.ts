import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { proposePolicy } from './propose-policy.ts';

type R = RouteNamed<'proposePolicy'>;

/** Answers `proposePolicy`; throws what the use case throws. */
export async function answerProposePolicy(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'clock'>,
  { principal, body: policy, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const { issuerSubject: _, ...proposal } = await proposePolicy(dependencies, principal, {
    policy,
    requestId,
  });
  return { json: proposal };
}
