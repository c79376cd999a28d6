import * as oidc from 'openid-client';
import { routes } from '#contract/routes.ts';
import { ConnectionError, SetUpError } from '#domain/errors.ts';
import type { Client } from '../server/client.ts';
import { checkCarriesTokens, isLoopback } from '../server/settings.ts';
import { signInFailure } from './failure.ts';

/** Whom a server takes tokens of, and what they must be for. */
export interface TokenPlace {
  issuer: string;
  /** What the token is for (RFC 8707). */
  resource: string;
  scope: string;
}

/**
 * Where to sign in, as the server says (RFC 9728).
 * @throws ConnectionError `answer-unknown` if it speaks for another server; SetUpError `usage` if the way to its issuer is not
 *   encrypted; what a call throws
 */
export async function tokenPlaceOf(client: Client): Promise<TokenPlace> {
  const metadata = await client.call(routes.readResourceMetadata);
  const issuer = metadata.authorization_servers[0];
  if (issuer === undefined || !URL.canParse(issuer)) {
    throw new ConnectionError('answer-unknown', {
      field: client.server,
      why: 'it names no issuer to sign in at',
      next: 'Tell the operator, or bring a token of your own with --token-file.',
    });
  }
  checkOwnName(client.server, metadata.resource);
  checkCarriesTokens(new URL(issuer), issuer);
  const scope = [...new Set(['openid', ...metadata.scopes_supported])].join(' ');
  return { issuer, resource: metadata.resource, scope };
}

/** A server that names another one would be given tokens for that one (RFC 9728 section 3.3). */
function checkOwnName(server: string, resource: string): void {
  const named = URL.canParse(resource) ? new URL(resource) : undefined;
  const asked = new URL(server);
  if (named?.origin === asked.origin) return;
  // One machine has several names for itself.
  if (named !== undefined && isLoopback(named) && isLoopback(asked) && named.port === asked.port) return;
  throw new SetUpError('usage', {
    field: server,
    why: `it calls itself ${resource}, and tokens are for whom they are asked for`,
    next: 'Name that address with --server, if it is the one you mean.',
  });
}

/**
 * A client at the issuer, which is asked for its own description first (OpenID Connect Discovery 1.0).
 * @param authentication none for people, who prove themselves; a secret for machines
 * @param timeout in milliseconds
 * @throws ConnectionError `server-unreachable`, `sign-in-failed` if it is no issuer, or calls itself otherwise
 */
export async function configurationOf(
  { issuer }: TokenPlace,
  clientId: string,
  authentication: oidc.ClientAuth,
  timeout: number,
): Promise<oidc.Configuration> {
  const url = new URL(issuer);
  const execute = url.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
  try {
    const seconds = Math.ceil(timeout / 1_000);
    return await oidc.discovery(url, clientId, undefined, authentication, { execute, timeout: seconds });
  } catch (error) {
    throw signInFailure(issuer, error);
  }
}
