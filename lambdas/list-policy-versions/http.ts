import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { listPolicyVersions } from './list-policy-versions.ts';

type R = RouteNamed<'listPolicyVersions'>;

/** Answers `listPolicyVersions`; throws what the use case throws. */
export async function answerListPolicyVersions(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger'>,
  { principal, query: { limit, cursor }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const wanted = { requestId, limit, ...(cursor !== undefined && { cursor }) };
  const { items, cursor: next } = await listPolicyVersions(dependencies, principal, wanted);
  // Which one came before, the order says.
  const versions = items.map(({ before: _, beforeId: _id, ...version }) => version);
  return { json: { versions, ...(next !== undefined && { cursor: next }) } };
}
