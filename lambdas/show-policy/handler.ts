import { showPolicy } from '#contract/api/policy.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerShowPolicy } from './http.ts';

/** `showPolicy` on AWS Lambda. */
export const handler = await apiFunction('show-policy', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), documents: openDocuments(opening) };
  return [endpoint('showPolicy', showPolicy, (call) => answerShowPolicy(needs, call))];
});
