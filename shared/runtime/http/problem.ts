import { type Problem, problemTypePrefix } from '#contract/api/problem.ts';
import { type ErrorCode, type ErrorFamily, errorTable } from '#domain/error-codes.ts';
import type { EscrowError } from '#domain/errors.ts';
import { capital, sentence } from '#domain/plain-words.ts';
import type { ApiResponse } from './api-request.ts';

/** The HTTP status of each family, and of the codes that have another. Here only does a code become a status. */
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
  'idempotency-mismatch': 409,
  'sign-in-required': 401,
  'token-invalid': 401,
  'fresh-sign-in-required': 401,
  'not-found': 404,
  'precondition-failed': 412,
  'key-not-exportable': 409,
  'provider-incapable': 409,
  'proof-failed': 503,
  'provider-unavailable': 503,
  'issuer-unavailable': 503,
  'store-unavailable': 503,
};

/** Seconds after which what may pass is worth another try, where nothing says more exactly. */
const usualPause = 1;
/** How recent a sign-in must be where a fresh one is asked for, in seconds (RFC 9470 section 3). */
const freshSignIn = 300;

/** The status that a code is answered with. */
export function statusOf(code: ErrorCode): number {
  return statusOfCode[code] ?? statusOfFamily[errorTable[code].family];
}

/** The problem document of an error (RFC 9457). It says what the error says, never its cause. */
export function problemOf(error: EscrowError, requestId: string): Problem {
  const { code, next, retryable, details } = error;
  const known = errorTable[code];
  // What failed inside is nobody's business outside; the log has it.
  const told = code === 'internal' ? known.meaning : error.message;
  return {
    type: `${problemTypePrefix}${code}`,
    title: known.meaning,
    status: statusOf(code),
    detail: sentence(details.field === undefined ? capital(told) : told),
    code,
    next: code === 'internal' ? known.next : sentence(capital(next)),
    requestId,
    retryable,
    ...(details.issues !== undefined && { issues: details.issues.map((issue) => ({ ...issue })) }),
    ...(details.contact !== undefined && { contact: details.contact }),
    ...(details.rules !== undefined && { rules: [...details.rules] }),
  };
}

/**
 * The answer that carries a problem.
 * @param headers what the case adds, such as `Allow`
 */
export function problemResponse(
  error: EscrowError,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  const problem = problemOf(error, requestId);
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headersOf(error), ...headers },
    body: new TextEncoder().encode(JSON.stringify(problem)),
  };
}

function headersOf({ code, retryable }: EscrowError): Record<string, string> {
  return {
    ...(retryable && { 'retry-after': String(usualPause) }),
    ...(challenges[code] !== undefined && { 'www-authenticate': challenges[code] }),
  };
}

/** What a client must do to be let in (RFC 6750 section 3, RFC 9470 section 3). */
const challenges: Readonly<Partial<Record<ErrorCode, string>>> = {
  'sign-in-required': 'Bearer resource_metadata="/.well-known/oauth-protected-resource"',
  'token-invalid': 'Bearer error="invalid_token", resource_metadata="/.well-known/oauth-protected-resource"',
  'fresh-sign-in-required': `Bearer error="insufficient_user_authentication", max_age=${freshSignIn}`,
};
