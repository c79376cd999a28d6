import { destroyEnrollment } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerDestroyEnrollment } from './http.ts';

/** `destroyEnrollment` on AWS Lambda. */
export const handler = await apiFunction('destroy-enrollment', async (opening) => {
  const needs = {
    ...opening,
    registry: openRegistry(opening),
    documents: openDocuments(opening),
    keys: await openKeys(opening),
  };
  return [endpoint('destroyEnrollment', destroyEnrollment, (call) => answerDestroyEnrollment(needs, call))];
});
