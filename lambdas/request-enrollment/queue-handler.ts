import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { openPolicy } from '#wiring/policy.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { requestEnrollment } from './request-enrollment.ts';

/** Takes requests that come as events, on AWS Lambda. */
export const handler = await queueFunction(['take-request'], async (opening) => {
  const registry = openRegistry(opening);
  const documents = openDocuments(opening);
  const needs = {
    ...opening,
    registry,
    documents,
    policy: await openPolicy(opening, registry, documents),
    keys: await openKeys(opening),
  };
  return (event) => requestEnrollment(needs, event);
});
