import { organizationOf } from '#contract/events.ts';
import { asEscrowError, EscrowError } from '#domain/errors.ts';
import type { EventFeedWriter } from '#ports/event-feed.ts';
import type { CloudEvent, EventPublisher } from '#ports/messages.ts';
import type { WrittenRecord } from '#ports/written-records.ts';

export interface CarryingParts {
  feed: EventFeedWriter;
  bus: EventPublisher;
}

/** A record, or one event of it, that can never be carried. */
export interface PassedOver {
  recordId: string;
  /** Absent where not even the record can be read. */
  eventId?: string;
  error: EscrowError;
}

export interface Carried {
  /** How many events are before their consumers now. */
  published: number;
  /** The first record that is to be handed out again, and why; with it all that follow. */
  again?: { recordId: string; error: EscrowError };
  /** What was left behind, so that it keeps nothing else from being carried. It must be told to somebody. */
  passedOver: PassedOver[];
}

/** An event, and the record that bears it. */
interface Borne {
  event: CloudEvent;
  /** The record's place in the batch. */
  place: number;
  recordId: string;
}

interface Trouble {
  borne: Borne;
  error: EscrowError;
  never: boolean;
}

/**
 * Carries the events that written records bear: into the feed first, so that whoever follows it misses none that had an effect;
 * then before the consumers. Records are handed out in the order of their writes, so where one fails in a way that may pass, those
 * after it wait with it; what of them was carried already is carried twice, under the same ids. Never throws.
 */
export async function carryEvents(
  { feed, bus }: CarryingParts,
  records: readonly WrittenRecord[],
): Promise<Carried> {
  const unread = records.flatMap(({ id, events }) =>
    events instanceof EscrowError ? [{ recordId: id, error: events }] : [],
  );
  const all = records.flatMap(eventsOf);
  const unkept = await keepInFeed(feed, all);
  const firstUnkept = firstAgain(unkept);
  // What will be handed out again is published then.
  const kept = all.filter(({ place }) => firstUnkept === undefined || place < firstUnkept.borne.place);
  const unpublished = await publish(bus, kept);
  const troubles = [...unpublished, ...unkept];
  const first = firstAgain(troubles);
  return {
    published: kept.length - unpublished.length,
    ...(first && { again: { recordId: first.borne.recordId, error: first.error } }),
    passedOver: [...unread, ...troubles.filter(({ never }) => never).map(passedOver)],
  };
}

function eventsOf({ id, events }: WrittenRecord, place: number): Borne[] {
  return events instanceof EscrowError ? [] : events.map((event) => ({ event, place, recordId: id }));
}

/** Keeps the events of each organization together, as the feed takes them. */
async function keepInFeed(feed: EventFeedWriter, all: readonly Borne[]): Promise<Trouble[]> {
  const byOrganization = Map.groupBy(all, ({ event }) => organizationOf(event.source) ?? '');
  const troubles: Trouble[] = [];
  for (const [organization, borne] of byOrganization) {
    const [stopped, next] = [firstAgain(troubles), borne[0]];
    // It is handed out again, all of it: to wait for its feed too, which may be as silent, might take more time than there is.
    if (stopped !== undefined && next !== undefined && next.place > stopped.borne.place) continue;
    troubles.push(...(await append(feed, organization, borne)));
  }
  return troubles;
}

/** @returns what stopped it, and what was left out because it is too large for any feed */
async function append(
  feed: EventFeedWriter,
  organization: string,
  all: readonly Borne[],
): Promise<Trouble[]> {
  const [borne] = all;
  if (borne === undefined) return [];
  try {
    await feed.append(
      organization,
      all.map(({ event }) => event),
    );
    return [];
  } catch (thrown) {
    const error = asEscrowError(thrown);
    if (error.code !== 'record-too-large') return [{ borne, error, never: false }];
    if (all.length === 1) return [{ borne, error, never: true }];
  }
  const troubles: Trouble[] = [];
  for (const each of all) {
    troubles.push(...(await append(feed, organization, [each])));
    if (troubles.at(-1)?.never === false) break;
  }
  return troubles;
}

async function publish(bus: EventPublisher, all: readonly Borne[]): Promise<Trouble[]> {
  const unpublished = await bus.publishAll(all.map(({ event }) => event));
  return unpublished.flatMap(({ index, error, never }) => {
    const borne = all[index];
    return borne === undefined ? [] : [{ borne, error, never }];
  });
}

function firstAgain(troubles: readonly Trouble[]): Trouble | undefined {
  return troubles
    .filter(({ never }) => !never)
    .toSorted((one, other) => one.borne.place - other.borne.place)
    .at(0);
}

function passedOver({ borne: { recordId, event }, error }: Trouble): PassedOver {
  return { recordId, eventId: event.id, error };
}
