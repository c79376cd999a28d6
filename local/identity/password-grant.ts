import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { identityAudience } from '#contract/api/accounts.ts';
import { Secret } from '#domain/secret.ts';
import { ownGrant, resourceScope, resourceServer } from './own-grant.ts';
import type { SignIn } from './sign-in.ts';

export const passwordGrantType = 'password';

/**
 * Registers the password grant (RFC 6749 section 4.3). RFC 9700 section 2.4 forbids it, for a program that is given passwords
 * can keep them. Here it is for the evaluation of one machine alone, so that a terminal without a browser can sign in, and
 * so that scripts can: the program is ours, the password is good for nothing else, and a real issuer does not offer it.
 */
export function registerPasswordGrant(
  provider: Provider,
  signIn: SignIn,
  resources: readonly string[],
): void {
  provider.registerGrantType(
    passwordGrantType,
    (ctx) => passwordGrant(ctx, signIn, resources),
    ['username', 'password', 'scope', 'resource'],
    ['resource'],
  );
}

async function passwordGrant(
  ctx: TokenEndpointGrantContext,
  signIn: SignIn,
  resources: readonly string[],
): Promise<void> {
  const { client, provider, params } = ctx.oidc;
  const { username, password, resource = identityAudience } = params;
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new errors.InvalidRequest('username and password are required');
  }
  if (typeof resource !== 'string') throw new errors.InvalidTarget('one resource at a time');
  const info = resourceServer(resource, resources);
  const result = await signIn.check(username, Secret.fromText(password));
  // The library's own InvalidGrant keeps its reason to itself, and the person must know which one it is.
  if ('refused' in result) throw refusalOf(result.refused);

  const accountId = result.account.subject;
  const grant = await ownGrant(provider, client.clientId, accountId, [resource]);
  const token = new provider.AccessToken({
    client,
    accountId,
    grantId: grant.jti,
    gty: passwordGrantType,
    scope: resourceScope,
    resourceServer: new provider.ResourceServer(resource, info),
  });
  ctx.oidc.entity('AccessToken', token);
  const value = await token.save();
  const { expiration: expires_in, tokenType: token_type, scope } = token;
  ctx.body = { access_token: value, expires_in, token_type, scope };
}

const refusals = {
  'wrong-password': ['invalid_grant', 'the name or the password is wrong'],
  'too-many-requests': ['invalid_grant', 'too many wrong passwords: wait fifteen minutes'],
  busy: ['temporarily_unavailable', 'too many sign in at this moment: wait some seconds'],
} as const;

function refusalOf(refused: keyof typeof refusals): errors.OIDCProviderError {
  const [error, description] = refusals[refused];
  return new errors.CustomOIDCProviderError(error, description);
}
