import { createHash, type KeyObject } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';

/**
 * The public JWK of a receipt key, with its RFC 7638 thumbprint (SHA-256, base64url) as `kid`.
 * @param key P-256, the public half or both
 * @throws ProviderError `provider-misconfigured` if it is on another curve
 */
export function receiptJwk(key: KeyObject): PublicJwk & { kid: string } {
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) {
    throw new ProviderError('provider-misconfigured', { why: 'the receipt key is not a P-256 key' });
  }
  // RFC 7638 section 3.2: the required members only, in lexicographic order, without white space.
  const required = JSON.stringify({ crv, kty, x, y });
  const kid = createHash('sha256').update(required).digest('base64url');
  return { kty, crv, x, y, kid };
}
