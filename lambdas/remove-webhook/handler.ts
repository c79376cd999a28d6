import { removeWebhook } from '#contract/api/webhooks.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerRemoveWebhook } from './http.ts';

/** `removeWebhook` on AWS Lambda. */
export const handler = await apiFunction('remove-webhook', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('removeWebhook', removeWebhook, (call) => answerRemoveWebhook(needs, call))];
});
