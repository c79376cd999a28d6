import type { ErrorCode } from '#domain/error-codes.ts';
import { needsIdempotencyKey, type Route } from './route.ts';

const always = [
  'invalid-input',
  'not-acceptable',
  'too-many-requests',
  'store-unavailable',
  'store-misconfigured',
  'internal',
  'timed-out',
] as const;
const withToken = ['sign-in-required', 'token-invalid', 'issuer-unavailable', 'not-permitted'] as const;
const withBody = ['body-too-large', 'unsupported-media-type'] as const;
/** Whatever changes a record, or makes a key, can meet these. */
const withChange = ['version-conflict', 'provider-unavailable'] as const;

/** Every code that a route can be refused with: its own, and those of its kind. Sorted, each once. */
export function codesOf(route: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>([
    ...always,
    ...(route.roles === 'anyone' ? [] : withToken),
    // A body that is not expected is too large at its first byte.
    ...withBody,
    ...(route.method === 'GET' ? [] : withChange),
    ...(needsIdempotencyKey(route) ? (['idempotency-mismatch'] as const) : []),
    ...(route.codes ?? []),
  ]);
  return [...codes].sort();
}
