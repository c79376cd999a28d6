import { errors, type Provider, type ResourceServer } from 'oidc-provider';
import { identityAudience } from '#contract/api/accounts.ts';

/** What a token of ours lets do; what its holder may do beyond that, roles say. */
export const resourceScope = 'escrow';
const tokenSeconds = 60 * 60;

/**
 * The one resource there is, whichever of its names was asked for (RFC 8707): the audience itself, or the server's address as
 * its metadata have it (RFC 9728). Tokens are always for the audience, as RFC 9068 JWTs.
 * @param names the other names
 * @throws the library's InvalidTarget for any other
 */
export function resourceServer(resource: string, names: readonly string[]): ResourceServer {
  if (resource !== identityAudience && !names.includes(resource)) {
    throw new errors.InvalidTarget('there is no such resource here');
  }
  return {
    scope: resourceScope,
    audience: identityAudience,
    accessTokenTTL: tokenSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  };
}

/**
 * What our own programs may do in the name of whoever signed in. Nobody is asked to consent: the person has just signed in to
 * that end, and each time does.
 */
export async function ownGrant(
  provider: Provider,
  clientId: string,
  accountId: string,
  resources: readonly string[],
) {
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope('openid');
  for (const resource of resources) grant.addResourceScope(resource, resourceScope);
  await grant.save();
  return grant;
}
