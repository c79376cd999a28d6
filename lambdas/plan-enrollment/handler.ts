import { planEnrollment } from '#contract/api/enrollments.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { openPolicy } from '#wiring/policy.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerPlanEnrollment } from './http.ts';

/** `planEnrollment` on AWS Lambda. */
export const handler = await apiFunction('plan-enrollment', async (opening) => {
  const registry = openRegistry(opening);
  const needs = {
    ...opening,
    registry,
    policy: await openPolicy(opening, registry, openDocuments(opening)),
    keys: await openKeys(opening),
  };
  return [endpoint('planEnrollment', planEnrollment, (call) => answerPlanEnrollment(needs, call))];
});
