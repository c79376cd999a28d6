import { accountRoutes } from '#contract/api/accounts.ts';
import type { Call, Route } from '#contract/api/route.ts';
import { newId } from '#crypto/identifiers.ts';
import { AccessError, asEscrowError, InputError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import type { Ledger, RecordNow } from '#ports/ledger.ts';
import { everyAnswer, responseOf } from '#runtime/http/answer.ts';
import type { ApiRequest, ApiResponse } from '#runtime/http/api-request.ts';
import { type Endpoint, endpoint, type ReadCall } from '#runtime/http/endpoint.ts';
import { type Match, Matcher } from '#runtime/http/match.ts';
import { problemResponse } from '#runtime/http/problem.ts';
import { callerOf, checkRate } from '#runtime/http/rate.ts';
import { givenRequestId, readBody, readQuery } from '#runtime/http/read-request.ts';
import type { RateLimiter } from '#runtime/rate-limit.ts';
import type { RefusedTokens } from '#runtime/tokens/refused-tokens.ts';
import { refusalReason } from '#runtime/tokens/token-faults.ts';
import type { TokenVerifier } from '#runtime/tokens/token-verifier.ts';
import { recorded } from '#steps/record.ts';
import type { Accounts } from './accounts.ts';
import type { SignIn } from './sign-in.ts';

export interface AccountsApiParts {
  organization: string;
  accounts: Accounts;
  signIn: SignIn;
  tokens: TokenVerifier;
  refusedTokens: RefusedTokens;
  limits: RateLimiter;
  ledger: Ledger;
  onFailure: (error: Error) => void;
}

/** Who asks by the set-up code, as the record names it; no account can be called that. */
const setUpSubject = '(set-up code)';
const media = 'application/json';

/** The accounts over HTTP, for administrators; for the set-up code as long as there is none. It never throws. */
export class AccountsApi {
  readonly #parts: AccountsApiParts;
  readonly #matcher: Matcher;

  constructor(parts: AccountsApiParts) {
    this.#parts = parts;
    this.#matcher = new Matcher(endpointsOf(parts));
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const requestId = givenRequestId(request) ?? newId('req');
    const { status, headers, body } = await this.#answer(request, requestId);
    return { status, headers: { ...everyAnswer, ...headers, 'x-request-id': requestId }, body };
  }

  async #answer(request: ApiRequest, requestId: string): Promise<ApiResponse> {
    try {
      const found = this.#matcher.find(request.method, request.path);
      if ('allowed' in found) throw new InputError('no-such-route');
      const { route } = found.endpoint;
      const principal = await this.#whoAsks(found.endpoint, request, requestId);
      const asked = { principal, requestId };
      const call = await read(found, asked, request).catch((refused: unknown) =>
        act(this.#parts, found.endpoint.name, asked, [], () => Promise.reject(refused)),
      );
      return responseOf(await call.answer(), route, media);
    } catch (thrown) {
      const error = asEscrowError(thrown);
      if (error.code === 'internal') this.#parts.onFailure(error);
      return problemResponse(error, requestId);
    }
  }

  async #whoAsks({ name, route }: Endpoint, request: ApiRequest, requestId: string): Promise<Principal> {
    const { accounts, organization, limits } = this.#parts;
    const authorization = request.header('authorization');
    const code = /^Bearer +([0-9a-f]{32})$/i.exec(authorization ?? '')?.[1];
    if (code !== undefined && accounts.isSetUpCode(code)) {
      const bearer: Principal = { organization, subject: setUpSubject, roles: ['administrator'] };
      checkRate(limits, route.rate, callerOf(bearer));
      return bearer;
    }
    const principal = await this.#verified(request, authorization, requestId);
    // Before what is refused is recorded: nobody may fill the record.
    checkRate(limits, route.rate, callerOf(principal));
    // The account may have gone, or lost the role, since the token was given.
    if (accounts.find(principal.subject)?.roles.includes('administrator') === true) return principal;
    return await act(this.#parts, name, { principal, requestId }, [], async () => {
      throw new AccessError('not-permitted', { next: 'Ask an administrator.' });
    });
  }

  async #verified(
    request: ApiRequest,
    authorization: string | undefined,
    requestId: string,
  ): Promise<Principal> {
    const { tokens, refusedTokens, limits } = this.#parts;
    try {
      return await tokens.verify(authorization);
    } catch (thrown) {
      const error = asEscrowError(thrown);
      const reason = refusalReason(error);
      if (reason !== undefined && error instanceof AccessError) {
        checkRate(limits, 'unauthenticated', request.clientAddress);
        await refusedTokens.note(error.code, reason, request.clientAddress, requestId);
      }
      throw error;
    }
  }
}

async function read({ endpoint, params }: Match, asked: Asked, request: ApiRequest): Promise<ReadCall> {
  const query = readQuery(request.query);
  const body = await readBody(request, endpoint.route);
  const { signal } = request;
  return endpoint.read({ ...asked, params, query, body, idempotencyKey: '', media, headers: {}, signal });
}

function endpointsOf(parts: AccountsApiParts): Endpoint[] {
  const { accounts, signIn } = parts;
  const { listAccounts, addAccount, removeAccount, setAccountPassword } = accountRoutes;
  return [
    endpoint('list-accounts', listAccounts, async (call) => {
      return await act(parts, 'list-accounts', call, [], async () => {
        refuseSetUpCode(call);
        return { json: { accounts: accounts.list() } };
      });
    }),
    endpoint('add-account', addAccount, async (call) => {
      const { password, ...account } = call.body;
      const bySetUp = call.principal.subject === setUpSubject;
      return await act(parts, 'add-account', call, [account.subject, ...account.roles], async (recordNow) => {
        const more = { bySetUp, recordNow };
        const added = await withSecret(password, (chosen) => accounts.add(account, chosen, more));
        return { json: { account: added.account, ...told(added) } };
      });
    }),
    endpoint('remove-account', removeAccount, async (call) => {
      const { subject } = call.params;
      return await act(parts, 'remove-account', call, [subject], async (recordNow) => {
        refuseSetUpCode(call);
        await accounts.remove(subject, recordNow);
        return { nothing: true };
      });
    }),
    endpoint('set-account-password', setAccountPassword, async (call) => {
      const { subject } = call.params;
      return await act(parts, 'set-account-password', call, [subject], async (recordNow) => {
        refuseSetUpCode(call);
        const set = await withSecret(call.body.password, (chosen) =>
          accounts.setPassword(subject, chosen, recordNow),
        );
        signIn.forget(subject);
        return { json: told(set) };
      });
    }),
  ];
}

type Asked = Pick<Call<Route>, 'principal' | 'requestId'>;

/** Does something that an administrator asks for, and records it, before it counts where it changes something. @param about what it was done to */
async function act<T>(
  { ledger, organization }: AccountsApiParts,
  action: string,
  { principal, requestId }: Asked,
  about: readonly string[],
  work: (recordNow: () => ReturnType<RecordNow>) => Promise<T>,
): Promise<T> {
  const entry = { action, organization, principal: principal.subject, requestId };
  return await recorded(
    { ledger },
    entry,
    (recordNow) => work(() => recordNow({ about })),
    () => ({ about }),
  );
}

function refuseSetUpCode({ principal }: Asked): void {
  if (principal.subject !== setUpSubject) return;
  throw new AccessError('not-permitted', {
    why: 'The set-up code adds the first administrator, and does nothing else.',
    next: 'Add an administrator, and sign in as that one.',
  });
}

/** Hands a password that was sent on, and erases it. */
async function withSecret<T>(
  password: string | undefined,
  work: (chosen: Secret | undefined) => Promise<T>,
): Promise<T> {
  const chosen = password === undefined ? undefined : Secret.fromText(password);
  try {
    return await work(chosen);
  } finally {
    chosen?.erase();
  }
}

function told({ secret }: { secret?: Secret }): { secret?: string } {
  if (secret === undefined) return {};
  const text = secret.text();
  secret.erase();
  return { secret: text };
}
