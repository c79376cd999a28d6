import { viewOf } from '#contract/api/enrollments.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { showEnrollment } from './show-enrollment.ts';

type R = RouteNamed<'showEnrollment'>;

/** Answers `showEnrollment`; throws what the use case throws. */
export async function answerShowEnrollment(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, params: { enrollmentId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  return { json: viewOf(await showEnrollment(dependencies, principal, { enrollmentId, requestId })) };
}
