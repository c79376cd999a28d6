import { tables } from '#contract/tables.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { UnpublishedEvents } from '#ports/unpublished-events.ts';
import { recordKey } from './aggregate-row.ts';
import type { DynamoCalls } from './calls.ts';
import { Arrivals } from './feed-arrivals.ts';
import { type Row, textOf } from './rows.ts';
import { Table } from './table.ts';

/**
 * Finds events that a table's stream lost: a record says when it was written, and the feed, into which every event is carried first,
 * which of its events arrived.
 */
export class DynamoUnpublishedEvents implements UnpublishedEvents {
  readonly #aggregates: Table;
  readonly #activity: Table;

  /** @param names of the tables `aggregates` and `activity` */
  constructor(calls: DynamoCalls, names: { aggregates: string; activity: string }) {
    this.#aggregates = new Table(calls, names.aggregates, tables.aggregates);
    this.#activity = new Table(calls, names.activity, tables.activity);
  }

  async find(
    organization: string,
    beginnings: readonly string[],
    from: Date,
    to: Date,
  ): Promise<CloudEvent[]> {
    const among = [
      recordKey('organization', 'organization'),
      ...beginnings.map((each) => recordKey('enrollment', each)),
    ];
    const values = { from: from.toISOString(), to: to.toISOString() };
    const question = {
      partition: organization,
      filter: { expression: '#writtenAt >= :from AND #writtenAt < :to', values },
      attributes: ['json', 'writtenAt'],
      mayLag: true,
    };
    const borne: CloudEvent[] = [];
    for (const beginsWith of among) {
      for await (const row of this.#aggregates.rows({ ...question, sort: { beginsWith } })) {
        borne.push(...eventsOf(row));
      }
    }
    borne.sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
    return await new Arrivals(this.#activity, organization).missing(borne);
  }

  fed(organization: string, from: Date, to: Date): AsyncIterable<CloudEvent[]> {
    return new Arrivals(this.#activity, organization).between(from, to);
  }
}

/** As the stream's reader makes them (`stream-events.ts`), to the letter. */
function eventsOf(row: Row): CloudEvent[] {
  return eventsBorneBy(JSON.parse(textOf(row, 'json')), textOf(row, 'writtenAt'));
}
