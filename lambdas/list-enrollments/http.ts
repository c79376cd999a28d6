import { viewOf } from '#contract/api/enrollments.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { listEnrollments } from './list-enrollments.ts';

type R = RouteNamed<'listEnrollments'>;

/** Answers `listEnrollments`; throws what the use case throws. */
export async function answerListEnrollments(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, query, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const { state, subscriberId, purpose, escrowDue, cursor, limit } = query;
  const page = await listEnrollments(dependencies, principal, {
    requestId,
    limit,
    ...(state !== undefined && { states: [state] }),
    ...(subscriberId !== undefined && { subscriberId }),
    ...(purpose !== undefined && { purpose }),
    ...(escrowDue !== undefined && { escrowDue: true }),
    ...(cursor !== undefined && { cursor }),
  });
  const { items, cursor: next } = page;
  return { json: { enrollments: items.map(viewOf), ...(next !== undefined && { cursor: next }) } };
}
