import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { showPolicy } from './show-policy.ts';

type R = RouteNamed<'showPolicy'>;

/** Answers `showPolicy`; throws what the use case throws. */
export async function answerShowPolicy(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  { principal, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const { present, proposal } = await showPolicy(dependencies, principal, { requestId });
  if (proposal === undefined) return { json: { present } };
  const { issuerSubject: _, ...told } = proposal;
  return { json: { present, proposal: told } };
}
