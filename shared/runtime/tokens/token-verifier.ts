import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { EscrowError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { Clock } from '#ports/clock.ts';
import { bearerToken } from './bearer-token.ts';
import { principalOf } from './claims.ts';
import { issuerKeys } from './issuer-keys.ts';
import { refusedToken, type TokenFault } from './token-faults.ts';
import type { TokenSettings } from './token-settings.ts';

/** Tells from a request's `Authorization` header who sent it. */
export interface TokenVerifier {
  /**
   * @param authorization the header as it came
   * @throws AccessError `sign-in-required` without a bearer token, `token-invalid` saying why; ProviderError
   *   `issuer-unavailable` if the issuer's keys cannot be had: the token may be good
   */
  verify(authorization: string | undefined): Promise<Principal>;
}

/** Where a verifier's settings come from configuration, and the rest from whoever wires it. */
export interface TokenVerifierParts extends TokenSettings {
  clock: Clock;
  /** The issuer's keys, where they are at hand; fetched from the issuer if absent. */
  keys?: JWTVerifyGetKey;
}

/**
 * A verifier of one issuer's access tokens: JWTs signed by the issuer (RFC 9068, and what issuers gave before it), meant for
 * us, in force now. Claims are looked at once the signature is good. Nothing is fetched before the first token comes.
 */
export function createTokenVerifier(settings: TokenVerifierParts): TokenVerifier {
  const keys = settings.keys ?? issuerKeys(settings);
  return {
    async verify(authorization) {
      const token = bearerToken(authorization);
      const now = settings.clock.now();
      const claims = await signedClaims(token, keys, settings, now);
      const seconds = now.getTime() / 1_000;
      checkUse(claims, settings);
      checkIssuedAt(claims, settings, seconds);
      return principalOf(claims, settings, seconds);
    },
  };
}

/** What else may stand in `typ` says that the token is for something else (RFC 8725, section 3.11). */
const accessTokenTypes = ['at+jwt', 'application/at+jwt', 'jwt', 'application/jwt'];

async function signedClaims(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience, audienceClaim, algorithms, clockTolerance }: TokenSettings,
  currentDate: Date,
): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer,
      algorithms,
      clockTolerance,
      currentDate,
      requiredClaims: ['exp'],
      ...(audienceClaim === 'aud' && { audience }),
    });
    const { typ = 'JWT' } = protectedHeader;
    if (!accessTokenTypes.includes(typ.toLowerCase())) throw refusedToken('not an access token');
    return payload;
  } catch (error) {
    throw error instanceof EscrowError ? error : refusedToken(faultOf(error));
  }
}

/** What the library found wrong, which says it by the class of the error, or by the claim. */
function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return faultOfClaim(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWKSNoMatchingKey) return 'signature';
  // Not a JWS, an unknown critical header, or claims that are no JSON object.
  if (error instanceof errors.JOSEError) return 'malformed';
  // A key that does not fit the algorithm, such as RSA of less than 2048 bits.
  return 'signature';
}

const claimFaults: Readonly<Record<string, TokenFault>> = {
  iss: 'issuer',
  aud: 'audience',
  nbf: 'not yet valid',
};

function faultOfClaim({ claim, reason }: errors.JWTClaimValidationFailed): TokenFault {
  return reason === 'invalid' ? 'malformed' : (claimFaults[claim] ?? 'malformed');
}

/** Claims that only an ID token has (OpenID Connect Core, sections 2 and 3.3.2.11). */
const idTokenClaims = ['at_hash', 'c_hash', 's_hash', 'nonce'];

function checkUse(claims: JWTPayload, { audience, audienceClaim }: TokenSettings): void {
  const use = claims['token_use'];
  const cognito = audienceClaim === 'client_id';
  if (use !== undefined || cognito) {
    if (use !== 'access') throw refusedToken('not an access token');
  }
  if (idTokenClaims.some((name) => Object.hasOwn(claims, name))) throw refusedToken('not an access token');
  if (!cognito) return;
  const client = claims['client_id'];
  if (typeof client !== 'string' || ![audience].flat().includes(client)) throw refusedToken('audience');
}

/** A token from the future was made by a clock that is wrong, or by somebody who wants it to last. */
function checkIssuedAt({ iat = 0 }: JWTPayload, { clockTolerance }: TokenSettings, now: number): void {
  if (iat > now + clockTolerance) throw refusedToken('not yet valid');
}
