import { AccessError, type EscrowError } from '#domain/errors.ts';

/** Why an access token is refused, in words that follow "access token". None of them says anything of the token itself. */
export const tokenFaults = {
  'too large': 'is larger than 16 KiB',
  malformed: 'is malformed',
  algorithm: 'is signed by an algorithm that is not allowed',
  signature: 'has a signature that no key of the issuer made',
  issuer: 'comes from another issuer',
  audience: 'is meant for another audience',
  expired: 'has expired',
  'not yet valid': 'is not yet valid',
  'not an access token': 'is not an access token',
  'no subject': 'names no subject, or an unsuitable one',
  'no organization': 'names no organization',
  'too many groups': 'names more groups than are taken',
  'groups elsewhere': 'does not hold the groups, only where they are',
  'unsuitable organization': 'has an unsuitable organization name',
} as const;

export type TokenFault = keyof typeof tokenFaults;

/** Why a request was refused before anybody asked what it wants. */
export type RefusalReason = TokenFault | 'no token';

/**
 * The refusal of a token: AccessError `token-invalid`. It has no cause: what a parser or a library throws may quote the
 * token, or carry its claims.
 */
export function refusedToken(fault: TokenFault): AccessError {
  return new AccessError('token-invalid', { field: 'access token', why: tokenFaults[fault] });
}

/** Why an error refused the token; undefined for an error that is no such refusal. */
export function refusalReason({ code, details }: EscrowError): RefusalReason | undefined {
  if (code === 'sign-in-required') return 'no token';
  if (code !== 'token-invalid') return undefined;
  return Object.keys(tokenFaults)
    .filter(isFault)
    .find((fault) => tokenFaults[fault] === details.why);
}

function isFault(word: string): word is TokenFault {
  return Object.hasOwn(tokenFaults, word);
}
