import { viewOf } from '#contract/api/enrollments.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { destroyEnrollment } from './destroy-enrollment.ts';

type R = RouteNamed<'destroyEnrollment'>;

/** Answers `destroyEnrollment`; throws what the use case throws. */
export async function answerDestroyEnrollment(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'keys' | 'ledger' | 'clock'>,
  { principal, params: { enrollmentId }, body: { confirm }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const destruction = { enrollmentId, confirm, requestId };
  return { json: viewOf(await destroyEnrollment(dependencies, principal, destruction)) };
}
