import type { Call, CallHeaders, Reply, ReplyOf, Route } from '#contract/api/route.ts';
import { parse } from '#contract/parse.ts';
import type { Principal } from '#domain/principal.ts';

/** What was read of a request, and no schema has seen yet. */
export interface RawCall {
  principal: Principal;
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
  requestId: string;
  idempotencyKey: string;
  media: string;
  headers: CallHeaders;
  signal: AbortSignal;
}

/** A request that the route's schemas accepted, ready to be answered. */
export interface ReadCall {
  /** The body as its schema reads it. */
  body: unknown;
  answer(): Promise<Reply>;
}

/** A route and what answers it. */
export interface Endpoint {
  /** The route's name in the table of routes. */
  name: string;
  route: Route;
  /** @throws InputError `invalid-input`, naming every field at fault of the first part that has one */
  read(raw: RawCall): ReadCall;
}

/**
 * Joins a route with what answers it.
 * @param name the route's name in the table of routes
 */
export function endpoint<R extends Route>(
  name: string,
  route: R,
  answer: (call: Call<R>) => Promise<ReplyOf<R>>,
): Endpoint {
  return {
    name,
    route,
    read(raw) {
      const params = parse<R['params']>(route.params, raw.params);
      const query = parse<R['query']>(route.query, raw.query);
      const body = parse<R['body']['schema']>(route.body.schema, raw.body);
      const call: Call<R> = { ...raw, params, query, body };
      return { body, answer: () => answer(call) };
    },
  };
}
