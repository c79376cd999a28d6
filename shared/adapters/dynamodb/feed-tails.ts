import type { CloudEvent } from '#ports/messages.ts';
import type { FeedPageRow } from './feed-pages.ts';

/** How many pages are looked at and remembered of a feed, and of all others together; a page has one event or more. */
export const mostPages = 5_000;

/** A page as it is remembered: which events it holds, and not what they say. */
export interface NamedPage {
  number: number;
  /** When it was appended, in milliseconds. */
  written: number;
  names: string[];
}

/** Tells an event from every other (CloudEvents 1.0, `id`). */
export function nameOf({ source, id }: CloudEvent): string {
  return `${source} ${id}`;
}

export function namedPage({ number, written, events }: FeedPageRow): NamedPage {
  return { number, written, names: events.map(nameOf) };
}

/**
 * Which events the last pages of a feed hold, without a gap. Pages never change, so what was read once need not be read again,
 * however many pages a burst has left since the events that come now were borne.
 */
export class FeedTail {
  readonly #names = new Set<string>();
  /** In the order of their numbers, which follow each other. */
  #pages: NamedPage[] = [];
  #isWhole = false;

  /** The number of the newest page; 0 if none is known. */
  get newest(): number {
    return this.#pages.at(-1)?.number ?? 0;
  }

  /** The number of the oldest page that is known; 0 if none is. */
  get oldest(): number {
    return this.#pages[0]?.number ?? 0;
  }

  get length(): number {
    return this.#pages.length;
  }

  has(event: CloudEvent): boolean {
    return this.#names.has(nameOf(event));
  }

  /** Whether every page is known that was appended since a time, in milliseconds, as far as any is remembered. */
  reachesBackTo(since: number): boolean {
    const [oldest] = this.#pages;
    if (this.#isWhole || oldest === undefined || oldest.number === 1) return true;
    return oldest.written < since || this.#pages.length >= mostPages;
  }

  /** Nothing stands before the oldest page any more. */
  beginsHere(): void {
    this.#isWhole = true;
  }

  /** @param pages newest first, that follow each other; where they do not follow what is known, that is forgotten */
  append(pages: readonly NamedPage[]): void {
    const later = pages.filter(({ number }) => number > this.newest).toReversed();
    const [first] = later;
    if (first === undefined) return;
    if (first.number !== this.newest + 1) this.#forget();
    this.#remember(later);
    this.#pages.push(...later);
    const tooMany = this.#pages.splice(0, Math.max(0, this.#pages.length - mostPages));
    for (const name of tooMany.flatMap(({ names }) => names)) this.#names.delete(name);
  }

  /** @param pages newest first, that stand right before the oldest; those of another place are left out */
  prepend(pages: readonly NamedPage[]): void {
    const [last] = pages;
    if (last === undefined || last.number !== this.oldest - 1) return;
    this.#remember(pages);
    this.#pages = [...pages.toReversed(), ...this.#pages];
  }

  #remember(pages: readonly NamedPage[]): void {
    for (const name of pages.flatMap(({ names }) => names)) this.#names.add(name);
  }

  #forget(): void {
    this.#pages = [];
    this.#names.clear();
    this.#isWhole = false;
  }
}

/** The tails of several feeds; those that were not asked for lately are forgotten where all together have too many pages. */
export class FeedTails {
  readonly #tails = new Map<string, FeedTail>();

  of(organization: string): FeedTail {
    const tail = this.#tails.get(organization) ?? new FeedTail();
    // The last in the map is the one that was asked for last.
    this.#tails.delete(organization);
    this.#tails.set(organization, tail);
    this.#forgetSome();
    return tail;
  }

  #forgetSome(): void {
    let pages = [...this.#tails.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [organization, { length }] of this.#tails) {
      if (pages <= mostPages || this.#tails.size === 1) return;
      this.#tails.delete(organization);
      pages -= length;
    }
  }
}
