import { comparePolicy } from '#contract/api/policy.ts';
import { loadCedar } from '#policy/load-cedar.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerComparePolicy } from './http.ts';

/** `comparePolicy` on AWS Lambda. */
export const handler = await apiFunction('compare-policy', async (opening) => {
  // At the start, where AWS Lambda gives a function more of a processor than it has later.
  await loadCedar();
  const needs = {
    ...opening,
    registry: openRegistry(opening),
    documents: openDocuments(opening),
    keys: await openKeys(opening),
  };
  return [endpoint('comparePolicy', comparePolicy, (call) => answerComparePolicy(needs, call))];
});
