import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { CloudEvent } from '#ports/messages.ts';
import { carriedJson } from '../carried-json.ts';

/** What every event of this service names as its source on the bus, for rules to know them by. */
export const busSource = 'enrollment-key-escrow';

/** How many entries a request takes (API reference, PutEvents). */
const mostEntries = 10;

/**
 * What several entries together weigh less than, in bytes. The limit was this for years, pages for some regions still say so, and it is
 * 1 MB for the present SDK; a request of one event may be as large as that.
 */
const mostTogether = 256 * 1_024;

/** What one entry may weigh, in bytes (PutEvents, as `@aws-sdk/client-eventbridge` describes it): less than 1 MB. */
export const mostBytes = 1_024 * 1_024 - 1;

/** How many requests are under way at the same time. */
const mostAtOnce = 5;

/** An event as the bus takes it, and its place among those that were given. */
export interface Entry {
  index: number;
  /** Of which aggregate it tells. */
  source: string;
  entry: PutEventsRequestEntry;
  /** As the bus counts it. */
  bytes: number;
}

/** @param bus the bus's name or ARN */
export function entryOf(event: CloudEvent, index: number, bus: string): Entry {
  const detail = carriedJson(event);
  const entry = { EventBusName: bus, Source: busSource, DetailType: event.type, Detail: detail };
  const bytes = [busSource, event.type, detail].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  return { index, source: event.source, entry, bytes };
}

/** Entries in their order, as many together as one request takes. */
export function batchesOf(entries: readonly Entry[]): Entry[][] {
  const batches: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = batches.at(-1);
    if (last === undefined || last.length === mostEntries || bytes + entry.bytes >= mostTogether) {
      batches.push([entry]);
      bytes = entry.bytes;
    } else {
      last.push(entry);
      bytes += entry.bytes;
    }
  }
  return batches;
}

/**
 * Batches in their order, as many together as may be under way at the same time: none with a later event of an aggregate of which one
 * before has an earlier one, so that they overtake each other no more than they must.
 */
export function wavesOf(batches: readonly Entry[][]): Entry[][][] {
  const waves: Entry[][][] = [];
  let sources = new Set<string>();
  for (const batch of batches) {
    const last = waves.at(-1);
    if (last === undefined || last.length === mostAtOnce || batch.some(({ source }) => sources.has(source))) {
      waves.push([batch]);
      sources = new Set();
    } else {
      last.push(batch);
    }
    for (const { source } of batch) sources.add(source);
  }
  return waves;
}
