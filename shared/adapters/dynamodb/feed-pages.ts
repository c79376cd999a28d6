import type { CloudEvent } from '#ports/messages.ts';
import { numberOf, type Row, textOf } from './rows.ts';

/**
 * A page of a feed: the events that were appended at once, never changed. Pages are numbered from 1 without gaps, and each is
 * written only where the number before is taken and its own is not: so whoever sees a page sees all before it.
 */
export interface FeedPageRow {
  number: number;
  events: CloudEvent[];
  /** When it was appended, in milliseconds. */
  written: number;
  /** Whether a later page stands, so that the table may forget this one. */
  isSuperseded: boolean;
}

/**
 * How long a page is kept, in milliseconds: a day more than a feed must, for clocks that differ. The table forgets old pages days
 * later, so until then they are told by their time. The newest page is never forgotten: it says where the numbers go on.
 */
export const keptMilliseconds = 8 * 24 * 3_600_000;

/** The number after the last that a page may have. */
export const lastNumber = 999_999_999_999;

/** The partition of an organization's feed. */
export function feedOf(organization: string): string {
  return `feed#${organization}`;
}

/** The sort key of a page. */
export function pageKey(number: number): string {
  return String(number).padStart(12, '0');
}

export function isGone({ written }: FeedPageRow, now: number): boolean {
  return written + keptMilliseconds < now;
}

export function pageOf(row: Row): FeedPageRow {
  return {
    number: Number(textOf(row, 'record')),
    events: JSON.parse(textOf(row, 'events')),
    written: numberOf(row, 'written'),
    isSuperseded: row['expires'] !== undefined,
  };
}

/** A page as it stands in the table `activity`. */
export function rowOfPage(organization: string, page: FeedPageRow): Row {
  const { number, events, written, isSuperseded } = page;
  const row = {
    collection: feedOf(organization),
    record: pageKey(number),
    events: JSON.stringify(events),
    written,
  };
  if (!isSuperseded) return row;
  return { ...row, expires: Math.ceil((written + keptMilliseconds) / 1_000) };
}
