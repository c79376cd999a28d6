import { showEnrollment } from '#contract/api/enrollments.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerShowEnrollment } from './http.ts';

/** `showEnrollment` on AWS Lambda. */
export const handler = await apiFunction('show-enrollment', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('showEnrollment', showEnrollment, (call) => answerShowEnrollment(needs, call))];
});
