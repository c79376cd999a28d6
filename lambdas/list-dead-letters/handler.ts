import { listDeadLetters } from '#contract/api/operations.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openOrganizationQueues } from '#wiring/organization-queues.ts';
import { answerListDeadLetters } from './http.ts';

/** `listDeadLetters` on AWS Lambda. */
export const handler = await apiFunction('list-dead-letters', (opening) => {
  const needs = { ...opening, queues: openOrganizationQueues(opening) };
  return [endpoint('listDeadLetters', listDeadLetters, (call) => answerListDeadLetters(needs, call))];
});
