import { followEvents } from '#contract/api/events.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openFeed } from '#wiring/feed.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerFollowEvents } from './http.ts';

/** `followEvents` on AWS Lambda. */
export const handler = await apiFunction('follow-events', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), feed: openFeed(opening) };
  return [endpoint('followEvents', followEvents, (call) => answerFollowEvents(needs, call))];
});
