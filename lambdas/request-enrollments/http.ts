import { viewOf } from '#contract/api/enrollments.ts';
import { problemOf } from '#contract/api/problem.ts';
import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { RequestNeeds } from '#steps/take-request.ts';
import { requestEnrollments } from './request-enrollments.ts';

type R = RouteNamed<'requestEnrollments'>;

/** Answers `requestEnrollments`; throws what the use case throws. */
export async function answerRequestEnrollments(
  dependencies: RequestNeeds,
  { principal, body, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const { organization } = principal;
  // One that names an organization itself is refused for that, unless it is the sender's.
  const requests = body.requests.map((request) => ({ organization, ...request }));
  const outcomes = await requestEnrollments(dependencies, principal, { requests, requestId });
  const results = outcomes.map((outcome) =>
    'error' in outcome
      ? { problem: problemOf(outcome.error, requestId) }
      : { enrollment: viewOf(outcome.enrollment) },
  );
  return { json: { results } };
}
