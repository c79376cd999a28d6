import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { simulatePolicy } from './simulate-policy.ts';

type R = RouteNamed<'simulatePolicy'>;

/** Answers `simulatePolicy`; throws what the use case throws. */
export async function answerSimulatePolicy(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  { principal, body: { question, proposed = false, cedar }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  return { json: await simulatePolicy(dependencies, principal, { question, proposed, cedar, requestId }) };
}
