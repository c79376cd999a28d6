import type { Reply, Route } from '#contract/api/route.ts';
import { statusOf } from '#contract/api/status.ts';
import { derivedId, fingerprint, newId } from '#crypto/identifiers.ts';
import { errorTable } from '#domain/error-codes.ts';
import { AccessError, asEscrowError, type EscrowError, InputError } from '#domain/errors.ts';
import { meantFor, type Principal } from '#domain/principal.ts';
import type { Clock } from '#ports/clock.ts';
import type { IdempotencyKeys } from '#ports/idempotency-keys.ts';
import { endOf, type Ledger } from '#ports/ledger.ts';
import type { Logger } from '../log.ts';
import type { RateClass, RateLimiter } from '../rate-limit.ts';
import type { RefusedTokens } from '../tokens/refused-tokens.ts';
import { refusalReason } from '../tokens/token-faults.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';
import type { Tracing } from '../tracing.ts';
import { everyAnswer, responseOf } from './answer.ts';
import type { ApiRequest, ApiResponse } from './api-request.ts';
import type { Endpoint, RawCall, ReadCall } from './endpoint.ts';
import { type Match, Matcher } from './match.ts';
import { OpenStreams } from './open-streams.ts';
import { problemResponse } from './problem.ts';
import { callerOf, checkRate } from './rate.ts';
import { chooseMedia, givenRequestId, readBody, readIdempotencyKey, readQuery } from './read-request.ts';

export interface ApiParts {
  /** The service's own URL, without a slash at its end. */
  resource: string;
  endpoints: readonly Endpoint[];
  tokens: TokenVerifier;
  refusedTokens: RefusedTokens;
  limits: RateLimiter;
  idempotencyKeys: IdempotencyKeys;
  ledger: Ledger;
  clock: Clock;
  log: Logger;
  tracing: Tracing;
}

/** How long an idempotency key is remembered, in milliseconds. */
const remembered = 24 * 60 * 60 * 1_000;

/** Who asks where nobody needs to say so. */
const stranger: Principal = { organization: '', subject: 'anyone', roles: [] };

/**
 * The API over HTTP: finds the endpoint, verifies who asks and whether they may, reads the request by the route's schemas,
 * and answers, or says by a problem document why not. It never throws.
 */
export class Api {
  readonly #parts: ApiParts;
  readonly #matcher: Matcher;
  readonly #streams = new OpenStreams();

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#matcher = new Matcher(parts.endpoints);
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { clock, log, tracing } = this.#parts;
    const requestId = givenRequestId(request) ?? newId('req');
    const started = clock.now().getTime();
    const { method } = request;
    const trace = { traceparent: request.header('traceparent') };
    const { status, headers, body } = await tracing.request(trace, { requestId, method }, async (span) => {
      const { response, about } = await this.#answer(request, requestId);
      span.set({ ...about, status: response.status });
      const durationMs = clock.now().getTime() - started;
      const traceId = tracing.traceId();
      log.info('request', { requestId, method, status: response.status, durationMs, traceId, ...about });
      return response;
    });
    return { status, headers: { ...everyAnswer, ...headers, 'x-request-id': requestId }, body };
  }

  async #answer(request: ApiRequest, requestId: string): Promise<Answered> {
    const about: About = {};
    try {
      const found = this.#matcher.find(request.method, request.path);
      if ('allowed' in found) return nothingThere(found.allowed, requestId);
      about.route = found.endpoint.route.path;
      return { response: await this.#serve(found, request, requestId, about), about };
    } catch (thrown) {
      const error = asEscrowError(thrown);
      about.code = error.code;
      this.#tellOperator(error, requestId);
      return { response: problemResponse(error, requestId, {}, this.#parts.resource), about };
    }
  }

  /** Whoever asked cannot mend these. */
  #tellOperator(error: EscrowError, requestId: string): void {
    const { log } = this.#parts;
    if (error.code === 'internal') log.error('unexpected', { requestId }, error);
    else if (errorTable[error.code].family === 'provider' && statusOf(error.code) >= 500)
      log.warn('custody-failed', { requestId }, error);
  }

  async #serve(match: Match, request: ApiRequest, requestId: string, about: About): Promise<ApiResponse> {
    const { endpoint, params } = match;
    const principal = await this.#whoAsks(endpoint, request, requestId);
    if (principal.organization !== '') about.organization = principal.organization;
    const { call, media } = await this.#recordingRefusal(endpoint, principal, requestId, async () => {
      checkRole(endpoint, principal);
      return await this.#read(endpoint, principal, request, { params, requestId });
    });
    const reply = this.#bounded(await call.answer(), principal);
    return responseOf(reply, endpoint.route, media);
  }

  /** @throws LimitError `too-many-requests` if the caller follows too many streams */
  #bounded(reply: Reply, principal: Principal): Reply {
    if (!('stream' in reply)) return reply;
    return { ...reply, stream: this.#streams.open(callerOf(principal), reply.stream) };
  }

  async #whoAsks({ route }: Endpoint, request: ApiRequest, requestId: string): Promise<Principal> {
    const { tokens, refusedTokens } = this.#parts;
    const { clientAddress } = request;
    if (route.roles === 'anyone') {
      this.#limit(route.rate, clientAddress);
      return stranger;
    }
    try {
      const principal = await tokens.verify(request.header('authorization'));
      this.#limit(route.rate, callerOf(principal));
      return principal;
    } catch (thrown) {
      const error = asEscrowError(thrown);
      const reason = refusalReason(error);
      if (reason === undefined || !(error instanceof AccessError)) throw error;
      // Whoever guesses tokens is slowed down, and cannot fill the record.
      this.#limit('unauthenticated', clientAddress);
      await refusedTokens.note(error.code, reason, clientAddress, requestId);
      throw error;
    }
  }

  #limit(rate: RateClass, caller: string, count = 1): void {
    checkRate(this.#parts.limits, rate, caller, count);
  }

  async #read(
    endpoint: Endpoint,
    principal: Principal,
    request: ApiRequest,
    { params, requestId }: Pick<RawCall, 'params' | 'requestId'>,
  ): Promise<{ call: ReadCall; media: string }> {
    const { route } = endpoint;
    const media = chooseMedia(request.header('accept'), route);
    const idempotencyKey = readIdempotencyKey(request, route);
    const query = readQuery(request.query);
    const body = await readBody(request, route);
    const headers = {
      ...given('last-event-id', request.header('last-event-id')),
      ...given('if-match', request.header('if-match')),
    };
    const { signal } = request;
    const raw = { principal, params, query, body, requestId, idempotencyKey, media, headers, signal };
    const call = endpoint.read(raw);
    // The request itself was counted before it was read.
    const items = itemsOf(route, call.body);
    if (items > 1) this.#limit(route.rate, callerOf(principal), items - 1);
    if (idempotencyKey !== '') await this.#claim(endpoint, raw, call);
    return { call, media };
  }

  /** @throws InputError `idempotency-mismatch` if the key came before with another request */
  async #claim({ name, route }: Endpoint, raw: RawCall, { body }: ReadCall): Promise<void> {
    const { organization, subject } = raw.principal;
    const id = derivedId('idk', organization, subject, name, raw.idempotencyKey);
    const content = fingerprint({ params: raw.params, body: withoutSecrets(body, route.body.secrets ?? []) });
    const until = new Date(this.#parts.clock.now().getTime() + remembered);
    const claimed = await this.#parts.idempotencyKeys.claim(organization, id, content, until);
    if (claimed === 'other') throw new InputError('idempotency-mismatch');
  }

  /** What is refused before a use case sees it is recorded here; the use case records what it does and refuses itself. */
  async #recordingRefusal<T>(
    { name }: Endpoint,
    { organization, subject }: Principal,
    requestId: string,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      const error = asEscrowError(thrown);
      const act = { action: actionOf(name), organization, principal: subject, requestId };
      await this.#parts.ledger.record({ ...act, ...endOf(error) });
      throw error;
    }
  }
}

/** What the log says of a request beyond how it ended. */
interface About {
  route?: string;
  organization?: string;
  code?: EscrowError['code'];
}

interface Answered {
  response: ApiResponse;
  about: About;
}

function checkRole({ route }: Endpoint, { roles }: Principal): void {
  const allowed = route.roles;
  if (allowed === 'anyone' || roles.some((role) => allowed.includes(role))) return;
  throw new AccessError('not-permitted', { why: meantFor(allowed) });
}

/** A route's name as records name what is done: `setPassword` is `set-password` there. */
function actionOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** How many requests a body is worth. */
function itemsOf({ body: { items } }: Route, body: unknown): number {
  if (items === undefined || typeof body !== 'object' || body === null) return 1;
  const list: unknown =
    items === '(whole)' ? body : Object.entries(body).find(([name]) => name === items)?.[1];
  return Array.isArray(list) ? list.length : 1;
}

/** @param allowed the methods that there are at the address */
function nothingThere(allowed: readonly string[], requestId: string): Answered {
  const isThere = allowed.length > 0;
  const error = new InputError(isThere ? 'method-not-allowed' : 'no-such-route');
  const headers = isThere ? { allow: allowed.join(', ') } : {};
  return { response: problemResponse(error, requestId, headers), about: { code: error.code } };
}

function given<N extends string>(name: N, value: string | undefined) {
  return value === undefined ? {} : { [name]: value };
}

function withoutSecrets(body: unknown, secrets: readonly string[]): unknown {
  if (secrets.length === 0 || typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !secrets.includes(name)));
}
