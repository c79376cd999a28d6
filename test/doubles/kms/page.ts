import type { Input } from '../aws-json/input.ts';

/** A part of a list, and what AWS KMS says of the rest: its markers are opaque to whoever asks. */
export interface Page<T> {
  of: T[];
  Truncated: boolean;
  NextMarker?: string;
}

/**
 * The part of a list that a request asks for.
 * @param limits how many at once: where the request does not say, and at most
 */
export function pageOf<T>(all: readonly T[], input: Input, limits: { limit: number; most: number }): Page<T> {
  const from = Number(input.textOr('Marker', '0'));
  const to = from + input.number('Limit', limits.limit, { min: 1, max: limits.most });
  const Truncated = to < all.length;
  return { of: all.slice(from, to), Truncated, ...(Truncated ? { NextMarker: String(to) } : {}) };
}
