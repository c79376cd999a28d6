import { showOrganization } from '#contract/api/organization.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerShowOrganization } from './http.ts';

/** `showOrganization` on AWS Lambda. */
export const handler = await apiFunction('show-organization', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('showOrganization', showOrganization, (call) => answerShowOrganization(needs, call))];
});
