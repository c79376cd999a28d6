import { viewOf } from '#contract/api/enrollments.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { unlockEnrollment } from './unlock-enrollment.ts';

type R = RouteNamed<'unlockEnrollment'>;

/** Answers `unlockEnrollment`; throws what the use case throws. */
export async function answerUnlockEnrollment(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  { principal, params: { enrollmentId }, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  return { json: viewOf(await unlockEnrollment(dependencies, principal, { enrollmentId, requestId })) };
}
