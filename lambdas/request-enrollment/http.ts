import { viewOf } from '#contract/api/enrollments.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { RequestNeeds } from '#steps/take-request.ts';
import { requestEnrollmentAs } from './request-enrollment.ts';

type R = RouteNamed<'requestEnrollment'>;

/** Answers `requestEnrollment`; throws what the use case throws. */
export async function answerRequestEnrollment(
  dependencies: RequestNeeds,
  call: Call<R>,
): Promise<ReplyOf<R>> {
  const { principal, body, idempotencyKey, requestId } = call;
  const data = { organization: principal.organization, idempotencyKey, ...body };
  const enrollment = await requestEnrollmentAs(dependencies, principal, { data, requestId });
  return { json: viewOf(enrollment), headers: { Location: `/v1/enrollments/${enrollment.id}` } };
}
