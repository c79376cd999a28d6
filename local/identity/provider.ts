import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import {
  type AdapterPayload,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
  type UnknownObject,
} from 'oidc-provider';
import { type Account, commandLineClient, identityAudience } from '#contract/api/accounts.ts';
import { asEscrowError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import type { Accounts } from './accounts.ts';
import { MemoryState } from './memory-adapter.ts';
import { ownGrant, resourceServer } from './own-grant.ts';
import { deviceMessage, errorMessage } from './page-messages.ts';
import { deviceCodePage, deviceConfirmPage, messagePage, pageHeaders } from './pages.ts';
import { passwordGrantType, registerPasswordGrant } from './password-grant.ts';
import type { SignIn } from './sign-in.ts';
import type { SigningKeys } from './signing-keys.ts';

/** As much of the framework's context as an answer takes. */
type Context = Pick<KoaContextWithOIDC, 'status' | 'type' | 'body'>;

export interface ProviderParts {
  issuer: string;
  organization: string;
  accounts: Accounts;
  signIn: SignIn;
  keys: SigningKeys;
  /** Other names of the resource that tokens are for. */
  resources: readonly string[];
  onFailure: (error: Error) => void;
}

/** Lives of things, in seconds. All are set, since the library warns of each that is not. */
const lives = {
  AccessToken: 3_600,
  AuthorizationCode: 60,
  ClientCredentials: 3_600,
  DeviceCode: 600,
  Grant: 3_600,
  IdToken: 3_600,
  Interaction: 600,
  Session: 3_600,
} as const;

/**
 * The OpenID provider of the library, set up for one machine. Whatever of the library's ways needs explaining stands in
 * this file.
 */
export function createProvider(parts: ProviderParts): Provider {
  const { issuer, signIn, resources, onFailure } = parts;
  const provider = new Provider(issuer, configurationOf(parts));
  registerPasswordGrant(provider, signIn, resources);
  compareHashedSecrets(provider, signIn);
  // Addresses are made of the request's path and of where this says that the library is mounted.
  const mountPath = new URL(issuer).pathname;
  provider.use(async (ctx, next) => {
    ctx['mountPath'] = mountPath;
    ctx.set(pageHeaders);
    try {
      await next();
    } catch (thrown) {
      answerEscaped(ctx, thrown, onFailure);
    }
    if (ctx.status !== 404 || ctx.body !== undefined) return;
    ctx.status = 404;
    ctx.type = 'html';
    ctx.body = messagePage('There is nothing here', 'Check the address.');
  });
  provider.on('server_error', (_ctx, error) => onFailure(error));
  // The framework under the library prints to the console where nobody listens; the library's types do not know its event.
  const framework: EventEmitter = provider;
  framework.on('error', onFailure);
  return provider;
}

/**
 * Answers for what got past the library's own answers to errors. Where a form or an address belongs to a session that is not
 * there (any more), as after a restart, it fails on writing that session; that is nobody's failure.
 */
function answerEscaped(ctx: Context, thrown: unknown, onFailure: ProviderParts['onFailure']): void {
  const isOfNoSession =
    thrown instanceof TypeError && thrown.message.includes('previously persisted Sessions');
  if (!isOfNoSession) onFailure(asEscrowError(thrown));
  const [status, error] = isOfNoSession ? [400, 'invalid_request'] : [500, 'server_error'];
  ctx.status = status;
  renderError(ctx, { error });
}

function configurationOf(parts: ProviderParts): Configuration {
  const { issuer, accounts, keys, resources } = parts;
  return {
    adapter: new MemoryState((id) => machineClient(accounts.find(id))).adapter,
    jwks: { keys: keys.keys.map((key) => ({ ...key })) },
    clients: [commandLine],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    clientBasedCORS: () => false,
    responseTypes: ['code'],
    scopes: ['openid'],
    pkce: { required: () => true },
    ttl: lives,
    cookies: {
      names: { session: '_session' },
      // Sessions end with the process, so keys that do are enough.
      keys: [randomBytes(32).toString('base64url')],
      long: { httpOnly: true, sameSite: 'lax', path: new URL(issuer).pathname },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    // Tokens are self-contained, and nobody stays signed in.
    expiresWithSession: () => false,
    findAccount: (_ctx, subject) => accountOf(accounts.find(subject)),
    loadExistingGrant: async ({ oidc }) => {
      if (oidc.client === undefined || oidc.account === undefined) return undefined;
      const asked = Object.keys(oidc.resourceServers ?? {});
      return await ownGrant(oidc.provider, oidc.client.clientId, oidc.account.accountId, asked);
    },
    extraTokenClaims: (ctx, token) => {
      const subject = 'accountId' in token ? token.accountId : token.clientId;
      return claimsOf(accounts.find(subject ?? ''), parts.organization, authTimeOf(ctx));
    },
    interactions: {
      policy: signInOnly(),
      url: (_ctx, { uid }) => `${issuer}/interaction/${uid}`,
    },
    features: featuresOf(resources),
    renderError,
  };
}

/** What the library does beyond what is used here is off: it cannot be wrong then. */
function featuresOf(resources: readonly string[]): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true, userCodeInputSource, userCodeConfirmSource, successSource },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => identityAudience,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => resourceServer(resource, resources),
    },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
  };
}

/** RFC 8252: a native application, redirected to a port of this machine that it chooses itself. */
const commandLine = {
  client_id: commandLineClient,
  client_name: 'escrow command line',
  application_type: 'native' as const,
  token_endpoint_auth_method: 'none' as const,
  grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code', passwordGrantType],
  response_types: ['code' as const],
  // A page that posts the answer by a script would not run here.
  response_modes: ['query'],
  redirect_uris: ['http://127.0.0.1/callback'],
};

/** The library wants a secret to be there; `compareHashedSecrets` compares with what is kept instead. Nobody knows this one. */
const noSecret = randomBytes(32).toString('base64url');

function machineClient(account: Account | undefined): AdapterPayload | undefined {
  if (account?.kind !== 'machine') return undefined;
  return {
    client_id: account.subject,
    client_secret: noSecret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

/** Machines' secrets are kept as hashes, and the library compares in clear: this is the place where it lets that be changed. */
function compareHashedSecrets(provider: Provider, signIn: SignIn): void {
  provider.Client.prototype.compareClientSecret = async function compareClientSecret(actual) {
    return await signIn.checkMachine(this.clientId, Secret.fromText(actual));
  };
}

/**
 * The prompt to sign in, and no other: consent is `ownGrant`. A request always finds nobody signed in, for the gate to the
 * library takes away the cookie of an earlier session, so everybody signs in each time. That is what native programs need whose
 * name anybody can use (RFC 8252 section 8.6), and makes `prompt=login` and `max_age` mean what they say.
 */
function signInOnly(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  return policy;
}

function accountOf(account: Account | undefined) {
  if (account?.kind !== 'person') return undefined;
  return { accountId: account.subject, claims: () => ({ sub: account.subject }) };
}

/** RFC 9068 section 2.2, and the two claims of our own. */
function claimsOf(
  account: Account | undefined,
  organization: string,
  authTime: number | undefined,
): UnknownObject {
  if (account === undefined) throw new errors.InvalidGrant('there is no such account any more');
  return { organization, roles: account.roles, ...(authTime !== undefined && { auth_time: authTime }) };
}

/** When the person signed in: as the code says that is being redeemed, or now, where the password itself came. */
function authTimeOf({ oidc }: KoaContextWithOIDC): number | undefined {
  if (oidc.params?.['grant_type'] === passwordGrantType) return Math.floor(Date.now() / 1_000);
  return oidc.authorizationCode?.authTime ?? oidc.deviceCode?.authTime;
}

function deviceForm(ctx: KoaContextWithOIDC) {
  const xsrf = ctx.oidc.session?.state?.['secret'];
  return { action: ctx.oidc.urlFor('code_verification'), xsrf: typeof xsrf === 'string' ? xsrf : '' };
}

// The library hands its own form over as HTML; only the secret in it is needed.
function userCodeInputSource(ctx: KoaContextWithOIDC, _form: string, _out?: unknown, error?: Error): void {
  ctx.type = 'html';
  ctx.body = deviceCodePage({
    ...deviceForm(ctx),
    ...(error !== undefined && { message: deviceMessage(error) }),
  });
}

function userCodeConfirmSource(
  ctx: KoaContextWithOIDC,
  _form: string,
  _client: unknown,
  _deviceInfo: unknown,
  code: string,
): void {
  ctx.type = 'html';
  ctx.body = deviceConfirmPage({ ...deviceForm(ctx), code });
}

function successSource(ctx: KoaContextWithOIDC): void {
  ctx.type = 'html';
  ctx.body = messagePage('You are signed in', 'Go back to the device. You can close this page.');
}

function renderError(ctx: Context, { error }: { error: string }): void {
  ctx.type = 'html';
  ctx.body = messagePage('This does not go on', errorMessage(error), error);
}
