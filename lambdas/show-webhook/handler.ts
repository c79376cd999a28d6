import { showWebhook } from '#contract/api/webhooks.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerShowWebhook } from './http.ts';

/** `showWebhook` on AWS Lambda. */
export const handler = await apiFunction('show-webhook', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('showWebhook', showWebhook, (call) => answerShowWebhook(needs, call))];
});
