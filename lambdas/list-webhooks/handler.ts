import { listWebhooks } from '#contract/api/webhooks.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerListWebhooks } from './http.ts';

/** `listWebhooks` on AWS Lambda. */
export const handler = await apiFunction('list-webhooks', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('listWebhooks', listWebhooks, (call) => answerListWebhooks(needs, call))];
});
