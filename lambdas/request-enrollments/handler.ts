import { requestEnrollments } from '#contract/api/enrollments.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { openPolicy } from '#wiring/policy.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerRequestEnrollments } from './http.ts';

/** `requestEnrollments` on AWS Lambda. */
export const handler = await apiFunction('request-enrollments', async (opening) => {
  const registry = openRegistry(opening);
  const documents = openDocuments(opening);
  const needs = {
    ...opening,
    registry,
    documents,
    policy: await openPolicy(opening, registry, documents),
    keys: await openKeys(opening),
  };
  return [
    endpoint('requestEnrollments', requestEnrollments, (call) => answerRequestEnrollments(needs, call)),
  ];
});
