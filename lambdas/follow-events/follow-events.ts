import { setImmediate as breath } from 'node:timers/promises';
import { enrollmentNamedBy } from '#contract/events.ts';
import type { FeedStep } from '#contract/server-sent-events.ts';
import { InputError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { type EventFeed, type FeedPage, oldestKept } from '#ports/event-feed.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { loadVisibleEnrollment, visibleTo } from '#steps/load-visible.ts';
import { actOf, recordedIfRefused } from '#steps/record.ts';

const pageSize = 100;
/** Proxies take a connection on which nothing comes for dead after half a minute or more. */
const usualIdleMilliseconds = 15_000;

export interface Following {
  /** What the client saw last; goes before `from`. */
  lastEventId?: string;
  /** Where to begin without it: with what comes from now on, or with all that is kept. */
  from: 'now' | 'beginning';
  /** Only the events of this enrollment; a subscriber must name an own one. */
  enrollmentId?: string;
  /** Ends the stream. */
  signal: AbortSignal;
  /** After how long without an event the position alone is told; 15 s if absent. */
  idleMilliseconds?: number;
  requestId: string;
}

/**
 * Follows the events of the principal's organization. What can be refused is refused before the first step.
 * @returns steps without end, until the signal: each event once, in the order of the writes, and positions in between; they throw
 *   what `EventFeed` throws
 * @throws AccessError `not-permitted`, `not-found`; InputError `invalid-input` of the field `enrollmentId` if a subscriber names none,
 *   of `lastEventId` if it is no position or events that followed it are no longer kept; StoreError `store-unavailable`
 */
export async function followEvents(
  dependencies: Pick<Dependencies, 'feed' | 'registry' | 'ledger'>,
  principal: Principal,
  following: Following,
): Promise<AsyncGenerator<FeedStep & { event?: CloudEvent }>> {
  const { lastEventId, from, enrollmentId, signal, requestId } = following;
  const named = enrollmentId === undefined ? { requestId } : { requestId, enrollmentId };
  return await recordedIfRefused(dependencies, actOf('follow-events', principal, named), async () => {
    await checkVisible(dependencies, principal, enrollmentId);
    const { feed } = dependencies;
    const { organization } = principal;
    const start = lastEventId ?? (from === 'beginning' ? oldestKept : undefined);
    const first = await feed.after(organization, start, pageSize);
    const idle = following.idleMilliseconds ?? usualIdleMilliseconds;
    return stepsFrom({ feed, organization, first, enrollmentId, signal, idle });
  });
}

async function checkVisible(
  dependencies: Pick<Dependencies, 'registry'>,
  principal: Principal,
  enrollmentId: string | undefined,
): Promise<void> {
  if (enrollmentId !== undefined) {
    await loadVisibleEnrollment(dependencies, principal, enrollmentId);
  } else if (visibleTo(principal) !== 'all') {
    throw new InputError('invalid-input', {
      field: 'enrollmentId',
      why: 'is missing',
      next: 'Name the enrollment of your own that you want to follow.',
    });
  }
}

interface Stream {
  feed: EventFeed;
  organization: string;
  first: FeedPage;
  enrollmentId: string | undefined;
  signal: AbortSignal;
  /** Milliseconds */
  idle: number;
}

async function* stepsFrom(stream: Stream): AsyncGenerator<FeedStep & { event?: CloudEvent }> {
  const { feed, organization, enrollmentId, signal, idle } = stream;
  // Whoever is cut off before the first event goes on from here, and not from a later now.
  if (stream.first.entries.length === 0) yield { position: stream.first.position };
  let toldAt = performance.now();
  for (let page = stream.first; ; page = await feed.after(organization, page.position, pageSize)) {
    for (const { position, event } of page.entries) {
      if (signal.aborted) return;
      const { enrollmentId: about } = enrollmentNamedBy(event.data);
      if (enrollmentId !== undefined && about !== enrollmentId) continue;
      yield { position, event };
      toldAt = performance.now();
    }
    // Where none of many is wanted, nothing else would make it wait, and others of this process want to do something too.
    if (page.entries.length > 0) await breath();
    const heard = page.entries.length > 0 || (await hears(stream, page.position));
    if (signal.aborted) return;
    if (heard && performance.now() - toldAt < idle) continue;
    yield { position: page.position };
    toldAt = performance.now();
  }
}

/** Waits for more than there is up to a position, but not for longer than may be idle. @returns whether there is more */
async function hears({ feed, organization, signal, idle }: Stream, position: string): Promise<boolean> {
  const idling = new AbortController();
  const timer = setTimeout(() => idling.abort(), idle);
  try {
    return await feed.changed(organization, position, AbortSignal.any([signal, idling.signal]));
  } finally {
    clearTimeout(timer);
  }
}
