import type * as oidc from 'openid-client';
import type { SignIn } from '../server/credentials.ts';
import { claimsOf } from './claims.ts';
import type { TokenPlace } from './issuer.ts';

/** What an issuer gives for a sign-in. */
export type Tokens = Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;

/** The sign-in, as it is kept. */
export function signInOf({ issuer }: TokenPlace, tokens: Tokens): SignIn {
  const seconds = tokens.expiresIn();
  const claims = claimsOf(tokens.access_token);
  return {
    accessToken: tokens.access_token,
    expiresAt: seconds === undefined ? null : new Date(Date.now() + seconds * 1_000).toISOString(),
    subject: tokens.claims()?.sub ?? claims?.sub ?? null,
    issuer,
  };
}
