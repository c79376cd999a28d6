import { approvePolicy } from '#contract/api/policy.ts';
import { loadCedar } from '#policy/load-cedar.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerApprovePolicy } from './http.ts';

/** `approvePolicy` on AWS Lambda. */
export const handler = await apiFunction('approve-policy', async (opening) => {
  // At the start, where AWS Lambda gives a function more of a processor than it has later.
  await loadCedar();
  const needs = { ...opening, registry: openRegistry(opening), documents: openDocuments(opening) };
  return [endpoint('approvePolicy', approvePolicy, (call) => answerApprovePolicy(needs, call))];
});
