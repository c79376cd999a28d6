import * as v from 'valibot';
import { type ReplyOf, type Route, route } from '#contract/api/route.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { Api, type ApiParts } from '#runtime/http/api.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { createLogger } from '#runtime/log.ts';
import { RateLimiter } from '#runtime/rate-limit.ts';
import { RefusedTokens } from '#runtime/tokens/refused-tokens.ts';
import { refusedToken } from '#runtime/tokens/token-faults.ts';
import { noTracing } from '#runtime/tracing.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryIdempotencyKeys } from '#test/doubles/memory-idempotency-keys.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { apiRequest, type RequestParts } from '#test/support/api-request.ts';

export const ada: Principal = { organization: 'acme', subject: 'ada', roles: ['subscriber'] };

const common = { tag: '', summary: '', answer: { status: 200, description: '', schema: v.unknown() } };
const thing = v.strictObject({ name: v.pipe(v.string(), v.maxLength(8)), secret: v.optional(v.string()) });

/** Routes of each kind. */
const routes = {
  readThing: route({
    ...common,
    method: 'GET',
    path: '/things/{thingId}',
    roles: ['subscriber'],
    rate: 'read',
    params: v.strictObject({ thingId: v.string() }),
  }),
  makeThing: route({
    ...common,
    method: 'POST',
    path: '/things',
    roles: ['subscriber'],
    rate: 'write',
    body: { schema: thing, largest: 1_024, secrets: ['secret'] },
  }),
  makeThings: route({
    ...common,
    method: 'POST',
    path: '/thing-batches',
    roles: ['subscriber'],
    rate: 'write',
    repeats: 'freely',
    body: { schema: v.strictObject({ things: v.array(v.unknown()) }), largest: 16_384, items: 'things' },
  }),
  readNews: route({ ...common, method: 'GET', path: '/news', roles: 'anyone', rate: 'unauthenticated' }),
  removeThing: route({
    ...common,
    method: 'DELETE',
    path: '/things/{thingId}',
    roles: ['administrator'],
    rate: 'write',
    params: v.strictObject({ thingId: v.string() }),
    answer: { status: 204, description: '' },
  }),
} as const satisfies Record<string, Route>;

/** An API over routes of each kind, and what it was asked and what it wrote. */
export function apiSubject(
  answer: () => Promise<ReplyOf<Route>> = async () => ({ bytes: new TextEncoder().encode('{"ok":true}') }),
  change: Partial<ApiParts> = {},
) {
  const clock = new ManualClock();
  const ledger = new MemoryLedger();
  const lines: Record<string, unknown>[] = [];
  const answered: string[] = [];
  const principals = new Map<string, Principal>([['ada', ada]]);
  const endpoints = Object.entries(routes).map(([name, declared]) =>
    endpoint<Route>(name, declared, async () => {
      answered.push(name);
      return await answer();
    }),
  );
  const api = new Api({
    resource: 'https://escrow.example',
    endpoints,
    tokens: {
      // A token is the name of who has it.
      verify: async (authorization) => {
        if (authorization === undefined) throw new AccessError('sign-in-required');
        return principals.get(authorization) ?? Promise.reject(refusedToken('expired'));
      },
    },
    refusedTokens: new RefusedTokens({ ledger, clock }),
    limits: new RateLimiter(clock),
    idempotencyKeys: new MemoryIdempotencyKeys(clock),
    ledger,
    clock,
    log: createLogger({ stream: { write: (text) => lines.push(JSON.parse(text)) }, clock }),
    tracing: noTracing,
    ...change,
  });
  /** Asks as Ada, unless it is said otherwise. */
  const ask = async (method: string, target: string, { headers, ...parts }: RequestParts = {}) => {
    const named = { authorization: 'ada', 'content-type': 'application/json', ...headers };
    const {
      status,
      headers: sent,
      body,
    } = await api.handle(apiRequest({ method, target, headers: named, ...parts }));
    const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : '';
    return { status, headers: sent, body, json: text === '' ? undefined : JSON.parse(text) };
  };
  return { api, ask, clock, ledger, lines, answered, principals };
}
