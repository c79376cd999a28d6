import { tables } from '#contract/tables.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { UnpublishedEvents } from '#ports/unpublished-events.ts';
import { writtenKey, writtenSpan } from './aggregate-row.ts';
import type { DynamoCalls } from './calls.ts';
import { Arrivals } from './feed-arrivals.ts';
import { nameOf } from './feed-tails.ts';
import { take } from './merge.ts';
import { type Row, textOf } from './rows.ts';
import { Table } from './table.ts';

/** How many records are read at the same time: as many as ten requests give. */
const rowsAtOnce = 1_000;

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
    const arrivals = new Arrivals(this.#activity, organization, from, to);
    const lost = new Map<string, CloudEvent>();
    for (let time = startOfSpan(from); time < to.getTime(); time += writtenSpan) {
      for await (const rows of this.#writtenIn(organization, new Date(time).toISOString())) {
        const borne = rows.flatMap(eventsOf).filter((event) => isWithin(event, from, to));
        for (const event of await arrivals.without(borne)) lost.set(nameOf(event), event);
      }
    }
    await arrivals.takeOutLate(lost);
    return [...lost.values()].sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
  }

  /** Some at a time: of a burst, not all fit into memory, nor may they be asked for at once. */
  async *#writtenIn(organization: string, time: string): AsyncGenerator<Row[]> {
    const question = { index: 'by-time', partition: writtenKey(organization, time), pageSize: rowsAtOnce };
    const written = this.#aggregates.rows(question);
    for (;;) {
      const keys = (await take(written, rowsAtOnce)).map((row) => textOf(row, 'record'));
      if (keys.length > 0) yield await this.#aggregates.getMany(organization, keys, ['json', 'writtenAt']);
      if (keys.length < rowsAtOnce) return;
    }
  }
}

function isWithin({ time }: CloudEvent, from: Date, to: Date): boolean {
  const written = Date.parse(time);
  return written >= from.getTime() && written < to.getTime();
}

function startOfSpan(date: Date): number {
  return Math.floor(date.getTime() / writtenSpan) * writtenSpan;
}

/** As the stream's reader makes them (`stream-events.ts`), to the letter. */
function eventsOf(row: Row): CloudEvent[] {
  return eventsBorneBy(JSON.parse(textOf(row, 'json')), textOf(row, 'writtenAt'));
}
