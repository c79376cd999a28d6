import { News } from '#adapters/news.ts';
import { organizationOf } from '#contract/events.ts';
import { InputError } from '#domain/errors.ts';
import { type EventFeed, type FeedPage, oldestKept } from '#ports/event-feed.ts';
import type { CloudEvent } from '#ports/messages.ts';

interface Kept {
  position: number;
  event: CloudEvent;
}

/** What was written, as a feed in memory. */
export class MemoryEventFeed implements EventFeed {
  readonly #news = new News();
  readonly #pruned = new Map<string, number>();
  #kept: Kept[] = [];

  /** Takes an event that was just written. */
  append(position: number, event: CloudEvent): void {
    this.#kept.push({ position, event: structuredClone(event) });
    this.#news.announce(organizationOf(event.source) ?? '');
  }

  /** Lets go of what was written before, up to a position. @param before ISO 8601 */
  prune(position: number, before: string): void {
    const isOld = (each: Kept) => each.position <= position && each.event.time < before;
    for (const { position: old, event } of this.#kept.filter(isOld)) {
      this.#pruned.set(organizationOf(event.source) ?? '', old);
    }
    this.#kept = this.#kept.filter((each) => !isOld(each));
  }

  async after(organization: string, position: string | undefined, limit: number): Promise<FeedPage> {
    const start = this.#startOf(organization, position);
    const entries = (position === undefined ? [] : this.#of(organization))
      .filter((each) => each.position > start)
      .slice(0, Math.min(Math.max(Math.trunc(limit), 1), 1_000))
      .map((each) => ({ position: String(each.position), event: structuredClone(each.event) }));
    return { entries, position: entries.at(-1)?.position ?? String(start) };
  }

  async changed(organization: string, position: string, signal: AbortSignal): Promise<boolean> {
    const start = this.#startOf(organization, position);
    if (this.#of(organization).some((each) => each.position > start)) return true;
    return await this.#news.next(organization, signal);
  }

  #of(organization: string): Kept[] {
    return this.#kept.filter(({ event }) => organizationOf(event.source) === organization);
  }

  #startOf(organization: string, position: string | undefined): number {
    const pruned = this.#pruned.get(organization) ?? 0;
    const newest = this.#of(organization).at(-1)?.position ?? pruned;
    if (position === undefined) return newest;
    if (position === oldestKept) return pruned;
    const start = /^\d{1,15}$/.test(position) ? Number(position) : Number.POSITIVE_INFINITY;
    if (start >= pruned && start <= newest) return start;
    const why = start < pruned ? 'is older than the events that are kept' : 'is not a position of this feed';
    throw new InputError('invalid-input', { field: 'lastEventId', why });
  }
}
