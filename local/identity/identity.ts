import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLocalJWKSet } from 'jose';
import { identityAudience, identityPath } from '#contract/api/accounts.ts';
import { asEscrowError, SetUpError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger } from '#ports/ledger.ts';
import { clearUnfinishedFiles, makeFolder } from '#runtime/atomic-file.ts';
import { RateLimiter } from '#runtime/rate-limit.ts';
import { RefusedTokens } from '#runtime/tokens/refused-tokens.ts';
import { tokenSettings } from '#runtime/tokens/token-settings.ts';
import { createTokenVerifier, type TokenVerifier } from '#runtime/tokens/token-verifier.ts';
import { createGateway } from '../server/gateway.ts';
import { Accounts } from './accounts.ts';
import { AccountsApi } from './accounts-api.ts';
import { handleInteraction } from './interactions.ts';
import { errorMessage } from './page-messages.ts';
import { messagePage, sendPage } from './pages.ts';
import { createProvider } from './provider.ts';
import { SignIn } from './sign-in.ts';
import { openSigningKeys, publicKeys } from './signing-keys.ts';

export interface IdentitySettings {
  /** Where keys, accounts and the set-up code are kept; made if it is not there. Nobody else may write there. */
  folder: string;
  /** The issuer identifier: the server's address and `/identity`, without a slash at its end. */
  issuer: string;
  /** The one organization that tokens are for. */
  organization: string;
  /** Where tries are counted and sign-ins recorded by; tokens have the system's time, the library takes no other. */
  clock?: Clock;
  /** Where sign-ins and changes of accounts are recorded. */
  ledger?: Ledger;
  /** Is told what failed inside; nothing of it leaves. */
  onFailure?: (error: Error) => void;
}

/** The evaluation issuer of one machine. */
export interface Identity {
  /** Answers whatever comes under `/identity`. It never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  accounts: Accounts;
  /** Verifies this issuer's tokens by its keys, without asking over the network. */
  tokens: TokenVerifier;
  /** Lets requests under way end, and takes no more. */
  close(): void;
}

const systemClock: Clock = { now: () => new Date() };

/**
 * Opens the evaluation issuer: an OpenID provider with accounts of its own, for trying the service out on one machine.
 * @throws SetUpError `usage` for an issuer that is not at `/identity`; ProviderError `provider-misconfigured` if a file of the
 *   folder is damaged or open to others; the error of node:fs
 */
export async function openIdentity(settings: IdentitySettings): Promise<Identity> {
  const { folder, issuer, organization, clock = systemClock, ledger = { record: async () => '' } } = settings;
  if (!issuer.endsWith(identityPath) || new URL(issuer).pathname !== identityPath) {
    throw new SetUpError('usage', { field: 'issuer', why: `does not end in ${identityPath}` });
  }
  const onFailure = settings.onFailure ?? (() => {});
  await makeFolder(folder, 0o700);
  await clearUnfinishedFiles(folder);
  const keys = await openSigningKeys(folder);
  const accounts = await Accounts.open(folder);
  const signIn = new SignIn({ accounts, organization, clock, ledger });
  const { origin } = new URL(issuer);
  const provider = createProvider({
    ...{ issuer, organization, accounts, signIn, keys, onFailure },
    resources: namesOf(origin),
  });
  const tokens = createTokenVerifier({
    ...tokenSettings({ issuer, audience: identityAudience, algorithms: ['ES256'] }),
    clock: systemClock,
    keys: createLocalJWKSet(publicKeys(keys)),
  });
  const refusedTokens = new RefusedTokens({ ledger, clock });
  const stopping = new AbortController();
  const limits = new RateLimiter(clock);
  const shared = { organization, accounts, signIn, ledger, onFailure };
  const api = new AccountsApi({ ...shared, tokens, refusedTokens, limits });
  const ways: Ways = {
    accounts: createGateway({ api, stopping: stopping.signal }),
    interaction: (request, response) => handleInteraction({ provider, signIn, issuer }, request, response),
    library: provider.callback(),
  };
  return {
    handle: (request, response) => {
      // Whoever closes a connection early is gone, and nothing here has failed.
      response.on('error', () => {});
      route(ways, issuer, request, response).catch((error: unknown) => {
        onFailure(asEscrowError(error));
        if (response.headersSent) response.destroy();
        else sendPage(response, 500, messagePage('This does not go on', errorMessage('server_error')));
      });
    },
    accounts,
    tokens,
    close: () => stopping.abort(),
  };
}

/** What the server may be called by whoever asks for tokens for it: one machine has several names for itself. */
function namesOf(origin: string): string[] {
  const { port } = new URL(origin);
  const names = [origin, ...['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:${port}`)];
  return names.flatMap((name) => [name, `${name}/`]);
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Ways {
  accounts: Handler;
  interaction: Handler;
  library: Handler;
}

async function route(ways: Ways, issuer: string, request: IncomingMessage, response: ServerResponse) {
  const [fullPath = '', ...query] = (request.url ?? '').split('?');
  const path = fullPath.slice(identityPath.length) || '/';
  if (path === '/accounts' || path.startsWith('/accounts/')) {
    await ways.accounts(request, response);
  } else if (path.startsWith('/interaction/')) {
    await ways.interaction(request, response);
  } else {
    prepareForLibrary(request, issuer, path, new URLSearchParams(query.join('?')));
    await ways.library(request, response);
  }
}

/**
 * The library answers at its own root, and makes addresses of the request's `Host`, which is whatever the sender says: so it
 * is told the issuer's. It is not told of the session of an earlier sign-in, see `signInOnly`.
 */
function prepareForLibrary(
  request: IncomingMessage,
  issuer: string,
  path: string,
  query: URLSearchParams,
): void {
  // A form brings the session that the page with it began.
  if (request.method !== 'POST') forgetSession(request);
  // The address that a device shows may hold its code. The library would post it by a script; people confirm it instead.
  if (path === '/device') query.delete('user_code');
  request.url = query.size === 0 ? path : `${path}?${query}`;
  request.headers.host = new URL(issuer).host;
}

function forgetSession({ headers }: IncomingMessage): void {
  const cookies = (headers.cookie ?? '').split(/; */);
  headers.cookie = cookies.filter((cookie) => !/^_session(?:\.sig)?=/.test(cookie)).join('; ');
}
