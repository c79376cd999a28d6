import { problemOf } from '#contract/api/problem.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { EscrowError } from '#domain/errors.ts';
import type { ApiResponse } from './api-request.ts';

/** Seconds after which what may pass is worth another try, where nothing says more exactly. */
const usualPause = 1;
/** How recent a sign-in must be where a fresh one is asked for, in seconds (RFC 9470 section 3). */
const freshSignIn = 300;

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

function headersOf({ code, retryable, details }: EscrowError): Record<string, string> {
  return {
    ...(retryable && { 'retry-after': String(details.retryAfterSeconds ?? usualPause) }),
    ...(challenges[code] !== undefined && { 'www-authenticate': challenges[code] }),
  };
}

/** What a client must do to be let in (RFC 6750 section 3, RFC 9470 section 3). */
const challenges: Readonly<Partial<Record<ErrorCode, string>>> = {
  'sign-in-required': 'Bearer resource_metadata="/.well-known/oauth-protected-resource"',
  'token-invalid': 'Bearer error="invalid_token", resource_metadata="/.well-known/oauth-protected-resource"',
  'fresh-sign-in-required': `Bearer error="insufficient_user_authentication", max_age=${freshSignIn}`,
};
