import * as oidc from 'openid-client';
import { ConnectionError, EscrowError } from '#domain/errors.ts';
import { connectionError } from '../server/connection-errors.ts';

/** What an issuer's refusal means to a person (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5, RFC 8707 section 2). */
const refusals: Readonly<Record<string, { why: string; next: string }>> = {
  access_denied: { why: 'The sign-in was refused, or given up.', next: 'Run the same again.' },
  expired_token: { why: 'The code was not used in time.', next: 'Run the same again.' },
  invalid_grant: {
    why: 'The issuer does not accept the name with this password, or the code has run out.',
    next: 'Check both, then run the same again.',
  },
  invalid_client: {
    why: 'The issuer does not know this client, or its secret is another.',
    next: 'Check --client-id and the secret.',
  },
  unauthorized_client: {
    why: 'The issuer does not let this client sign in in this way.',
    next: 'Choose another way: escrow login --help',
  },
  unsupported_grant_type: {
    why: 'The issuer does not offer this way to sign in.',
    next: 'Choose another way: escrow login --help',
  },
  invalid_target: {
    why: 'The issuer gives no tokens for this server.',
    next: 'Check the address of the server; the operator must register it.',
  },
  invalid_scope: {
    why: 'The issuer does not know what the server asks tokens for.',
    next: 'Tell the operator.',
  },
  login_required: { why: 'The issuer wants you to sign in anew.', next: 'Run: escrow login --fresh' },
};

/** An error of a sign-in, in our words. @param issuer where it was met */
export function signInFailure(issuer: string, thrown: unknown): EscrowError {
  if (thrown instanceof EscrowError) return thrown;
  const refusal = refusalOf(thrown);
  if (refusal !== undefined) {
    const known = refusals[refusal];
    const why = `The issuer refused the sign-in (${/^[a-z_]{1,40}$/.test(refusal) ? refusal : 'unknown'}).`;
    return new ConnectionError('sign-in-failed', { ...(known ?? { why }), cause: thrown });
  }
  if (isNetworkError(thrown)) return connectionError(issuer, thrown);
  return new ConnectionError('sign-in-failed', {
    field: issuer,
    why: 'it does not answer as an OpenID Connect issuer does',
    next: 'Tell the operator.',
    cause: thrown,
  });
}

function refusalOf(thrown: unknown): string | undefined {
  if (thrown instanceof oidc.ResponseBodyError || thrown instanceof oidc.AuthorizationResponseError) {
    return thrown.error;
  }
  // How a client that signs in by HTTP authentication is refused (RFC 6749 section 5.2).
  return thrown instanceof oidc.WWWAuthenticateChallengeError ? 'invalid_client' : undefined;
}

function isNetworkError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown instanceof TypeError && thrown.message === 'fetch failed') return true;
  return thrown.name === 'TimeoutError' || isNetworkError(thrown.cause);
}
