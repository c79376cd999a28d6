import { tables } from '#contract/tables.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { UnpublishedEvents } from '#ports/unpublished-events.ts';
import { writtenKey, writtenSpan } from './aggregate-row.ts';
import type { DynamoCalls } from './calls.ts';
import { feedOf, pageOf } from './feed-pages.ts';
import { type Row, textOf } from './rows.ts';
import { Table } from './table.ts';

/** How far the clocks of those that write and append may differ, in milliseconds. */
const clockDifference = 5_000;

/**
 * Finds events that a table's stream lost: the index `by-time` tells what was written in a span of time, and the feed, into which
 * every event is carried first, which of its events arrived. Given in the order of the writes.
 */
export class DynamoUnpublishedEvents implements UnpublishedEvents {
  readonly #aggregates: Table;
  readonly #activity: Table;

  /** @param names of the tables `aggregates` and `activity` */
  constructor(calls: DynamoCalls, names: { aggregates: string; activity: string }) {
    this.#aggregates = new Table(calls, names.aggregates, tables.aggregates);
    this.#activity = new Table(calls, names.activity, tables.activity);
  }

  async find(organization: string, from: Date, to: Date): Promise<CloudEvent[]> {
    const borne = new Map<string, CloudEvent>();
    for (let time = startOfSpan(from); time < to.getTime(); time += writtenSpan) {
      const rows = await this.#writtenIn(organization, new Date(time).toISOString());
      for (const event of rows.flatMap(eventsOf)) {
        const written = Date.parse(event.time);
        if (written >= from.getTime() && written < to.getTime()) borne.set(nameOf(event), event);
      }
    }
    await this.#leaveOutCarried(organization, borne, from.getTime() - clockDifference);
    return [...borne.values()].sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
  }

  async #writtenIn(organization: string, time: string): Promise<Row[]> {
    const keys: string[] = [];
    const question = { index: 'by-time', partition: writtenKey(organization, time) };
    for await (const row of this.#aggregates.rows(question)) keys.push(textOf(row, 'record'));
    return await this.#aggregates.getMany(organization, keys, ['json', 'writtenAt']);
  }

  /** The newest pages first: what arrived did so after it was written. */
  async #leaveOutCarried(organization: string, borne: Map<string, CloudEvent>, since: number): Promise<void> {
    if (borne.size === 0) return;
    const newest = { partition: feedOf(organization), descending: true };
    for await (const row of this.#activity.rows(newest)) {
      const { events, written } = pageOf(row);
      for (const event of events) borne.delete(nameOf(event));
      if (borne.size === 0 || written < since) return;
    }
  }
}

function startOfSpan(date: Date): number {
  return Math.floor(date.getTime() / writtenSpan) * writtenSpan;
}

/** As the stream's reader makes them (`stream-events.ts`), to the letter. */
function eventsOf(row: Row): CloudEvent[] {
  return eventsBorneBy(JSON.parse(textOf(row, 'json')), textOf(row, 'writtenAt'));
}

/** Tells an event from every other (CloudEvents 1.0, `id`). */
function nameOf({ source, id }: CloudEvent): string {
  return `${source} ${id}`;
}
