import type { Call, ReplyOf } from '#contract/api/route.ts';
import type { RouteNamed } from '#contract/routes.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { planRequest } from './plan-enrollment.ts';

type R = RouteNamed<'planEnrollment'>;

/** Answers `planEnrollment`; throws what the use case throws. */
export async function answerPlanEnrollment(
  dependencies: Pick<Dependencies, 'registry' | 'policy' | 'keys' | 'ledger'>,
  { principal, body, requestId }: Call<R>,
): Promise<ReplyOf<R>> {
  const data = { organization: principal.organization, ...body };
  const { policy, refusal, ...plan } = await planRequest(dependencies, principal, { data, requestId });
  return {
    json: {
      ...plan,
      policy: { version: policy.version, rules: [...policy.rules] },
      ...(refusal !== undefined && { refusal: { ...refusal, rules: [...refusal.rules] } }),
    },
  };
}
