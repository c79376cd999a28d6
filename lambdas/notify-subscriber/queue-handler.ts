import { openNotifier } from '#wiring/notifier.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { notifySubscriber } from './notify-subscriber.ts';

/** Tells subscribers what events mean for them, on AWS Lambda. */
export const handler = await queueFunction(['notify-subscriber'], (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), notifier: openNotifier(opening) };
  return (event) => notifySubscriber(needs, event);
});
