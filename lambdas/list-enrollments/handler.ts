import { listEnrollments } from '#contract/api/enrollments.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerListEnrollments } from './http.ts';

/** `listEnrollments` on AWS Lambda. */
export const handler = await apiFunction('list-enrollments', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('listEnrollments', listEnrollments, (call) => answerListEnrollments(needs, call))];
});
