import { publishEvents } from '#contract/api/events.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openBus } from '#wiring/bus.ts';
import { answerPublishEvents } from './http.ts';

/** `publishEvents` on AWS Lambda. */
export const handler = await apiFunction('publish-events', (opening) => {
  const needs = { ...opening, events: openBus(opening) };
  return [endpoint('publishEvents', publishEvents, (call) => answerPublishEvents(needs, call))];
});
