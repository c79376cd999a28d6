import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { listSegments } from './list-segments.ts';

type R = RouteNamed<'listSegments'>;

/** Answers `listSegments`; throws what the use case throws. */
export async function answerListSegments(
  dependencies: Pick<Dependencies, 'segments' | 'ledger'>,
  { principal, query: { limit, cursor }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const list = { limit, ...(cursor !== undefined && { cursor }), requestId };
  const { items, cursor: next } = await listSegments(dependencies, principal, list);
  const segments = items.map((segment) => ({ segment }));
  return { json: { segments, ...(next !== undefined && { cursor: next }) } };
}
