import { setUpOrganization } from '#contract/api/organization.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerSetUpOrganization } from './http.ts';

/** `setUpOrganization` on AWS Lambda. */
export const handler = await apiFunction('set-up-organization', async (opening) => {
  const stores = { registry: openRegistry(opening), documents: openDocuments(opening) };
  const needs = { ...opening, ...stores, keys: await openKeys(opening) };
  return [endpoint('setUpOrganization', setUpOrganization, (call) => answerSetUpOrganization(needs, call))];
});
