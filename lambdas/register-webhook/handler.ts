import { HttpWebhookSender } from '#adapters/webhooks/http-webhook-sender.ts';
import { registerWebhook } from '#contract/api/webhooks.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openKeys } from '#wiring/keys.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerRegisterWebhook } from './http.ts';

/** `registerWebhook` on AWS Lambda. */
export const handler = await apiFunction('register-webhook', async (opening) => {
  const needs = {
    ...opening,
    registry: openRegistry(opening),
    keys: await openKeys(opening),
    webhooks: new HttpWebhookSender(opening.clock),
  };
  return [endpoint('registerWebhook', registerWebhook, (call) => answerRegisterWebhook(needs, call))];
});
