import { settingsPolicy } from '#adapters/settings-policy/settings-policy.ts';
import { setPassword } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openKeyPairMaker } from '#wiring/key-pair-maker.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerSetPassword } from './http.ts';

/** `setPassword` on AWS Lambda. */
export const handler = await apiFunction('set-password', (opening) => {
  const registry = openRegistry(opening);
  const needs = {
    ...opening,
    registry,
    policy: settingsPolicy(registry),
    keyPairs: openKeyPairMaker(opening, registry),
  };
  return [endpoint('setPassword', setPassword, (call) => answerSetPassword(needs, call))];
});
