import { type ErrorCode, type ErrorFamily, errorTable } from '#domain/error-codes.ts';

/** The HTTP status of each family, and of the codes that have another. Nowhere else does a code become one. */
const statusOfFamily: Readonly<Record<ErrorFamily, number>> = {
  input: 400,
  limit: 429,
  access: 403,
  lock: 403,
  policy: 403,
  state: 409,
  pfx: 422,
  proof: 500,
  provider: 500,
  store: 500,
  'set-up': 409,
  webhook: 422,
  connection: 502,
  internal: 500,
};
const statusOfCode: Readonly<Partial<Record<ErrorCode, number>>> = {
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'not-acceptable': 406,
  'no-such-route': 404,
  'method-not-allowed': 405,
  'idempotency-mismatch': 409,
  'sign-in-required': 401,
  'token-invalid': 401,
  'fresh-sign-in-required': 401,
  'not-found': 404,
  'precondition-failed': 412,
  'key-not-exportable': 409,
  'provider-incapable': 409,
  'proof-failed': 503,
  'escrow-not-made': 503,
  'provider-unavailable': 503,
  'provider-busy': 503,
  'operation-cancelled': 503,
  'issuer-unavailable': 503,
  'store-unavailable': 503,
  'timed-out': 503,
};

/** The status that a code is answered with. */
export function statusOf(code: ErrorCode): number {
  return statusOfCode[code] ?? statusOfFamily[errorTable[code].family];
}
