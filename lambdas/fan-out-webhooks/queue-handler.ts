import { openBus } from '#wiring/bus.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { fanOutWebhooks } from './fan-out-webhooks.ts';

/** Orders events to be sent to the webhooks that take them, on AWS Lambda. */
export const handler = await queueFunction(['fan-out-webhooks'], (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), events: openBus(opening) };
  return (event) => fanOutWebhooks(needs, event);
});
