import { changePassword } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openDueEscrow } from '#wiring/due-escrow.ts';
import { openKeys } from '#wiring/keys.ts';
import { openPolicy } from '#wiring/policy.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerChangePassword } from './http.ts';

/** `changePassword` on AWS Lambda. */
export const handler = await apiFunction('change-password', async (opening) => {
  const registry = openRegistry(opening);
  const documents = openDocuments(opening);
  const needs = {
    ...opening,
    registry,
    documents,
    policy: await openPolicy(opening, registry, documents),
    keys: await openKeys(opening),
    dueEscrow: openDueEscrow(opening, registry),
  };
  return [endpoint('changePassword', changePassword, (call) => answerChangePassword(needs, call))];
});
