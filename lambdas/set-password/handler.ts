import { setPassword } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeyPairMaker } from '#wiring/key-pair-maker.ts';
import { openPolicy } from '#wiring/policy.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerSetPassword } from './http.ts';

/** `setPassword` on AWS Lambda. */
export const handler = await apiFunction('set-password', async (opening) => {
  const registry = openRegistry(opening);
  const needs = {
    ...opening,
    registry,
    policy: await openPolicy(opening, registry, openDocuments(opening)),
    keyPairs: openKeyPairMaker(opening, registry),
  };
  return [endpoint('setPassword', setPassword, (call) => answerSetPassword(needs, call))];
});
