import { settingsPolicy } from '#adapters/settings-policy/settings-policy.ts';
import { planEnrollment } from '#contract/api/enrollments.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openKeys } from '#wiring/keys.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerPlanEnrollment } from './http.ts';

/** `planEnrollment` on AWS Lambda. */
export const handler = await apiFunction('plan-enrollment', async (opening) => {
  const registry = openRegistry(opening);
  const needs = { ...opening, registry, policy: settingsPolicy(registry), keys: await openKeys(opening) };
  return [endpoint('planEnrollment', planEnrollment, (call) => answerPlanEnrollment(needs, call))];
});
