import { HttpWebhookSender } from '#adapters/webhooks/http-webhook-sender.ts';
import { openKeys } from '#wiring/keys.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { deliverWebhook } from './deliver-webhook.ts';

/** Sends events to webhooks, on AWS Lambda. */
export const handler = await queueFunction(
  ['deliver-webhook'],
  async (opening) => {
    const webhooks = new HttpWebhookSender(opening.clock);
    const needs = { ...opening, registry: openRegistry(opening), webhooks, keys: await openKeys(opening) };
    return (event) => deliverWebhook(needs, event);
  },
  // It waits for others most of the time.
  { lanes: 10 },
);
