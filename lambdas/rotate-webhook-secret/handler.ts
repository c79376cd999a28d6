import { rotateWebhookSecret } from '#contract/api/webhooks.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openKeys } from '#wiring/keys.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerRotateWebhookSecret } from './http.ts';

/** `rotateWebhookSecret` on AWS Lambda. */
export const handler = await apiFunction('rotate-webhook-secret', async (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), keys: await openKeys(opening) };
  return [
    endpoint('rotateWebhookSecret', rotateWebhookSecret, (call) => answerRotateWebhookSecret(needs, call)),
  ];
});
