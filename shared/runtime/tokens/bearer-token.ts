import { AccessError } from '#domain/errors.ts';
import { refusedToken } from './token-faults.ts';

/** Longest token that is looked into, in bytes. Issuers' tokens have one or two thousand. */
export const longestToken = 16 * 1024;

const bearerScheme = /^bearer(?: +|$)/i;
/** JWS compact serialization (RFC 7515 section 3.1) in base64url. No comma, so two headers joined into one are no token. */
const tokenForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/;

/**
 * The bearer token of an `Authorization` header (RFC 6750 section 2.1; the scheme's case does not matter, RFC 9110 section
 * 11.1).
 * @throws AccessError `sign-in-required` if there is no header, or it is of another scheme; `token-invalid`
 */
export function bearerToken(authorization: string | undefined): string {
  const scheme = bearerScheme.exec(authorization ?? '');
  if (authorization === undefined || scheme === null) throw new AccessError('sign-in-required');
  const token = authorization.slice(scheme[0].length);
  if (token === '') throw new AccessError('sign-in-required');
  if (token.length > longestToken) throw refusedToken('too large');
  if (!tokenForm.test(token)) throw refusedToken('malformed');
  return token;
}
