import { randomUUID } from 'node:crypto';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import type { Role } from '#domain/principal.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import { endpointsOf } from '#local/server/endpoints.ts';
import { Api } from '#runtime/http/api.ts';
import { createLogger } from '#runtime/log.ts';
import { type RateAnswer, RateLimiter } from '#runtime/rate-limit.ts';
import { RefusedTokens } from '#runtime/tokens/refused-tokens.ts';
import { tokenSettings } from '#runtime/tokens/token-settings.ts';
import { createTokenVerifier } from '#runtime/tokens/token-verifier.ts';
import { noTracing } from '#runtime/tracing.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { makingHere } from '#steps/key-pair-maker.ts';
import description from '../../docs/openapi.json' with { type: 'json' };
import { type Answer, expectDescribed } from './api-description.ts';
import { apiRequest, type RequestParts } from './api-request.ts';
import { decideBy, type PolicyChange, policyWith } from './policies.ts';
import { audience, startTokenIssuer, type TokenIssuer } from './token-issuer.ts';
import { makeWorld, organization, type World } from './world.ts';

/** The service's own URL, though nothing listens there. */
export const resource = 'https://escrow.example';

/** Another organization that the same service keeps keys for. */
export const otherOrganization = 'globex';

/** Who asks. */
export interface Asking {
  organization?: string;
  subject?: string;
  /** When the person signed in, seconds since 1970; `now` for just now. */
  authTime?: number | 'now';
}

/** What a test sends: an object goes as JSON, and every POST has an `Idempotency-Key` of its own unless it says another. */
export interface Sent {
  /** An `Authorization` header. */
  token?: string;
  body?: unknown;
  /** `undefined` takes a header out. */
  headers?: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal;
  clientAddress?: string;
}

/** An answer, read. */
export interface Answered extends Answer {
  text: string;
  /** Of an answer in JSON. */
  json: Record<string, unknown>;
  /** Of a problem document. */
  code: string | undefined;
  stream: AsyncIterable<string> | undefined;
}

/** The API in process: its routes and use cases over a world in memory, and tokens of a real issuer. */
export interface ApiWorld {
  world: World;
  issuer: TokenIssuer;
  /** What was logged, each line as it was written. */
  lines: string[];
  /** An `Authorization` header of somebody in a role; nothing for `nobody`. */
  as(role: Role | Role[], asking?: Asking): Promise<string>;
  /** Asks, and expects that the answer is one that the description has. */
  call(method: string, target: string, sent?: Sent): Promise<Answered>;
  close(): Promise<void>;
}

/** Gives everybody everything, so that tests meet no limit that they do not ask for. */
class NoLimits extends RateLimiter {
  override take(): RateAnswer {
    return { allowed: true };
  }
}

export interface ApiWorldSettings {
  /** What both organizations' policies say otherwise than the general one. */
  policy?: PolicyChange;
  /** What use cases get in place of the world's. */
  change?: (dependencies: World['dependencies']) => Dependencies;
}

/** Makes an API over a world with two organizations. */
export async function makeApiWorld({ policy, change }: ApiWorldSettings = {}): Promise<ApiWorld> {
  const world = await makeWorld(policy);
  await setUpOther(world, policy);
  const changed = change?.(world.dependencies) ?? world.dependencies;
  const dependencies = { ...changed, keyPairs: makingHere(changed) };
  const { clock, ledger, idempotencyKeys } = dependencies;
  const issuer = await startTokenIssuer(clock);
  const lines: string[] = [];
  const service = { issuer: issuer.url, resource, openApi: description };
  const api = new Api({
    resource,
    endpoints: endpointsOf(dependencies, service),
    tokens: createTokenVerifier({ ...tokenSettings({ issuer: issuer.url, audience }), clock }),
    refusedTokens: new RefusedTokens({ ledger, clock }),
    limits: new NoLimits(clock),
    idempotencyKeys,
    ledger,
    clock,
    log: createLogger({ stream: { write: (text) => lines.push(text) }, clock }),
    tracing: noTracing,
  });
  return {
    world,
    issuer,
    lines,
    as: async (role, asking) => await issuer.bearer(claimsOf(role, asking, clock.now())),
    call: async (method, target, sent = {}) => {
      const { status, headers, body } = await api.handle(apiRequest(partsOf(method, target, sent)));
      const isStream = body !== undefined && !(body instanceof Uint8Array);
      const answer = {
        status,
        headers,
        isStream,
        bytes: body instanceof Uint8Array ? body : new Uint8Array(),
      };
      expectDescribed(method, target.split('?')[0] ?? '', answer);
      return { ...answer, ...read(answer), stream: isStream ? body : undefined };
    },
    close: async () => {
      await issuer.close();
      await world.close();
    },
  };
}

async function setUpOther({ dependencies }: World, policy?: PolicyChange): Promise<void> {
  const { publicKey } = await makeRecoveryKey();
  const root = { organization: otherOrganization, subject: 'root', roles: ['administrator'] } as const;
  await setUpOrganization(dependencies, root, {
    name: 'Globex',
    contact: 'helpdesk@globex.example',
    recoveryKey: publicKey,
  });
  if (policy !== undefined) await decideBy(dependencies, otherOrganization, policyWith(policy));
}

function claimsOf(role: Role | Role[], asking: Asking = {}, now: Date): Record<string, unknown> {
  const { organization: of = organization, subject = 'ada', authTime } = asking;
  const time = authTime === 'now' ? Math.floor(now.getTime() / 1_000) : authTime;
  return { organization: of, sub: subject, roles: [role].flat(), auth_time: time };
}

function partsOf(method: string, target: string, sent: Sent): RequestParts {
  const { token, body, headers, signal, clientAddress } = sent;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const all: [string, string | undefined][] = Object.entries({
    ...(token !== undefined && { authorization: token }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
    ...headers,
  });
  return {
    method,
    target,
    headers: Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
    ...(clientAddress !== undefined && { clientAddress }),
  };
}

function read({ headers, bytes }: Answer): Pick<Answered, 'text' | 'json' | 'code'> {
  const text = new TextDecoder().decode(bytes);
  const isJson = headers['content-type']?.endsWith('json') === true;
  const json: Record<string, unknown> = isJson ? JSON.parse(text) : {};
  return { text, json, code: typeof json['code'] === 'string' ? json['code'] : undefined };
}
