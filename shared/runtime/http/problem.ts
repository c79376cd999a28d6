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
 * @param resource the service's own URL, for who is told to sign in
 */
export function problemResponse(
  error: EscrowError,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
  resource = '',
): ApiResponse {
  const problem = problemOf(error, requestId);
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headersOf(error, resource), ...headers },
    body: new TextEncoder().encode(JSON.stringify(problem)),
  };
}

function headersOf({ code, retryable, details }: EscrowError, resource: string): Record<string, string> {
  const challenge = challengeOf(code, resource);
  return {
    ...(retryable && { 'retry-after': String(details.retryAfterSeconds ?? usualPause) }),
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
  };
}

/** What a client must do to be let in (RFC 6750 section 3, RFC 9470 section 3, RFC 9728 section 5.1). */
function challengeOf(code: ErrorCode, resource: string): string | undefined {
  const metadata = `resource_metadata="${resource}/.well-known/oauth-protected-resource"`;
  switch (code) {
    case 'sign-in-required':
      return `Bearer ${metadata}`;
    case 'token-invalid':
      return `Bearer error="invalid_token", ${metadata}`;
    case 'fresh-sign-in-required':
      return `Bearer error="insufficient_user_authentication", max_age=${freshSignIn}`;
    default:
      return undefined;
  }
}
