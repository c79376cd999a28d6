import { listPolicyVersions } from '#contract/api/policy.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerListPolicyVersions } from './http.ts';

/** `listPolicyVersions` on AWS Lambda. */
export const handler = await apiFunction('list-policy-versions', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), documents: openDocuments(opening) };
  return [
    endpoint('listPolicyVersions', listPolicyVersions, (call) => answerListPolicyVersions(needs, call)),
  ];
});
