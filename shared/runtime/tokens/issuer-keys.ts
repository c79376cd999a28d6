import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import * as v from 'valibot';
import { EscrowError } from '#domain/errors.ts';
import { boundedFetch, unavailable } from './bounded-fetch.ts';
import { refusedToken } from './token-faults.ts';
import { type TokenSettings, tokenSettingsSchema } from './token-settings.ts';

type KeySettings = Pick<TokenSettings, 'issuer' | 'jwksUri' | 'keysCooldown' | 'issuerTimeout'>;

/**
 * The issuer's public keys (RFC 7517), by key id: fetched when first needed, kept for ten minutes, fetched again for an
 * unknown key id, yet not more often than the cooldown allows. Where they are, discovery tells once.
 * @returns a function for `jwtVerify`. It throws AccessError `token-invalid` if the set has no such key, or several that
 *   fit a token without key id (OpenID Connect Core, section 10.1); ProviderError `issuer-unavailable`
 */
export function issuerKeys(settings: KeySettings): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined;
  const find = () => {
    found ??= locate(settings).then((url) => remoteKeys(url, settings));
    // A failure is not kept: the next request asks again.
    found.catch(() => {
      found = undefined;
    });
    return found;
  };
  return async (header, token) => {
    const keys = await find();
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
        throw refusedToken('signature');
      }
      throw issuerFailure(error);
    }
  };
}

function remoteKeys(url: string, { keysCooldown, issuerTimeout }: KeySettings): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), {
    cooldownDuration: keysCooldown * 1_000,
    timeoutDuration: Math.ceil(issuerTimeout * 1_000),
    [customFetch]: boundedFetch,
  });
}

const metadataSchema = v.object({
  issuer: v.string(),
  jwks_uri: tokenSettingsSchema.entries.issuer,
});

/** OpenID Connect Discovery 1.0, section 4: the metadata must name the very issuer it was asked of (4.3). */
async function locate({ issuer, jwksUri, issuerTimeout }: KeySettings): Promise<string> {
  if (jwksUri !== undefined) return jwksUri;
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let answer: unknown;
  try {
    const signal = AbortSignal.timeout(Math.ceil(issuerTimeout * 1_000));
    const response = await boundedFetch(url, { signal, headers: { accept: 'application/json' } });
    if (response.status !== 200) throw unavailable(`answers discovery with status ${response.status}`);
    answer = await response.json();
  } catch (error) {
    throw issuerFailure(error);
  }
  const metadata = v.safeParse(metadataSchema, answer);
  if (!metadata.success) throw unavailable('has metadata that name no issuer or no place of keys');
  if (metadata.output.issuer !== issuer) throw unavailable('calls itself by another name in its metadata');
  return metadata.output.jwks_uri;
}

function issuerFailure(error: unknown): EscrowError {
  return error instanceof EscrowError ? error : unavailable('does not answer as it should', error);
}
