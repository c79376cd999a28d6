import { eventSource } from '#contract/events.ts';
import type { CloudEvent } from './messages.ts';
import type { Aggregate } from './registry.ts';

/** Of a record, what its events are made of. */
export type EventBearer = Pick<Aggregate, 'organization' | 'type' | 'id' | 'version'> & {
  events: readonly { name: string; data: unknown }[];
};

/**
 * The events that a written record bears, as they travel. Whatever follows a store makes the same ones of the same write, so that
 * an event that is published twice is known by its id.
 * @param writtenAt when the record was written, ISO 8601
 */
export function eventsBorneBy(record: EventBearer, writtenAt: string): CloudEvent[] {
  const { organization, type, id, version, events } = record;
  const source = eventSource(organization) + (type === 'enrollment' ? `/enrollments/${id}` : '');
  return events.map(({ name, data }, index) => ({
    specversion: '1.0',
    id: `${id}.${version}.${index}`,
    source,
    type: name,
    time: writtenAt,
    datacontenttype: 'application/json',
    data,
  }));
}
