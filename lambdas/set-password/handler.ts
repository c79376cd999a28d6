import { settingsPolicy } from '#adapters/settings-policy/settings-policy.ts';
import { setPassword } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeyPairMaker } from '#wiring/key-pair-maker.ts';
import { openKeys } from '#wiring/keys.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerSetPassword } from './http.ts';

/** `setPassword` on AWS Lambda. */
export const handler = await apiFunction('set-password', async (opening) => {
  const registry = openRegistry(opening);
  const needs = {
    ...opening,
    registry,
    documents: openDocuments(opening),
    policy: settingsPolicy(registry),
    keys: await openKeys(opening),
    keyPairs: openKeyPairMaker(opening, registry),
  };
  return [endpoint('setPassword', setPassword, (call) => answerSetPassword(needs, call))];
});
