import { writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { openBus } from '#wiring/bus.ts';
import { openFeedWriter } from '#wiring/feed-writer.ts';
import { streamFunction } from '#wiring/stream-function.ts';
import { carryEvents } from './carry-events.ts';

/** Carries the events of written aggregates into the feed and before their consumers, on AWS Lambda. */
export const handler = await streamFunction('carry-events', (opening) => {
  const needs = { feed: openFeedWriter(opening), bus: openBus(opening) };
  return (records) => carryEvents(needs, writtenRecords(records));
});
