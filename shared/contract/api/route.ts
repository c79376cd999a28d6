import * as v from 'valibot';
import type { ErrorCode } from '#domain/error-codes.ts';
import type { Principal, Role } from '#domain/principal.ts';

/** How much of a route one caller may use, by the cost of what it does. */
export type RateClass = 'read' | 'write' | 'costly' | 'unauthenticated';

type Schema = v.GenericSchema;

/** What a request carries besides its path and query. */
export interface Body {
  schema: Schema;
  /** What bodies of a media type look like, where that is not `schema`. */
  described?: Readonly<Record<string, Schema>>;
  /** Longest body, in bytes; 0 where the route takes none. */
  largest: number;
  /** Media types that are read, all of them JSON; `application/json` if absent. */
  media?: readonly string[];
  /** Top-level fields that hold a secret, and so stand in no fingerprint. */
  secrets?: readonly string[];
  /** The top-level list whose items each count as a request, where there is one; `(whole)` if the body may be the list. */
  items?: string;
}

/** How a route answers where nothing is refused. */
export interface Answer {
  status: number;
  description: string;
  /** Of a JSON answer; absent for the others. */
  schema?: Schema;
  /** `application/json` if absent. */
  media?: readonly string[];
  /** Headers beyond those of every answer, by name: what they say. */
  headers?: Readonly<Record<string, string>>;
}

interface Declared {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With parameters in braces, as OpenAPI has them. */
  path: string;
  tag: string;
  summary: string;
  /** Who may use it; `anyone` needs no token. */
  roles: readonly Role[] | 'anyone';
  rate: RateClass;
  /** Everywhere if absent; or by the one-machine server alone: no function on AWS answers it, and it is no route there. */
  served?: 'one-machine';
  /**
   * How a POST that is sent twice is known: by the source and id that its body carries; or it may be repeated as it is. If
   * absent, by its `Idempotency-Key`, which it must then have.
   */
  repeats?: 'by-event' | 'freely';
  params?: Schema;
  query?: Schema;
  body?: Body;
  answer: Answer;
  /** What it is refused with, beyond what every route of its kind is. */
  codes?: readonly ErrorCode[];
}

const nothing = v.strictObject({});
const defaults = { params: nothing, query: nothing, body: { schema: nothing, largest: 0 } };

/** One route: read by the gateway, by the AWS app, by the command line, and by what writes the OpenAPI description. */
export type Route = Declared & { params: Schema; query: Schema; body: Body };

/** Declares a route; what is left out is nothing: no parameters, no query, no body. */
export function route<D extends Declared>(declared: D): typeof defaults & D {
  return { ...defaults, ...declared };
}

/** Whether the route's requests must have an `Idempotency-Key`. */
export function needsIdempotencyKey({ method, repeats }: Route): boolean {
  return method === 'POST' && repeats === undefined;
}

/** A request as its route's schemas read it, from a caller who may make it. */
export interface Call<R extends Route> {
  principal: Principal;
  params: v.InferOutput<R['params']>;
  query: v.InferOutput<R['query']>;
  body: v.InferOutput<R['body']['schema']>;
  requestId: string;
  /** The `Idempotency-Key`; empty where the route takes none. */
  idempotencyKey: string;
  /** The one of the answer's media types that the caller likes best. */
  media: string;
  headers: CallHeaders;
  /** Ends when the caller has gone, or the service is stopping. */
  signal: AbortSignal;
}

/** Headers that a route may look at: what the caller saw last. */
export type CallHeaders = Readonly<Partial<Record<'last-event-id' | 'if-match', string>>>;

/** What a route answers; the status is the route's. */
export type Reply =
  | { json: unknown; headers?: ReplyHeaders }
  | { bytes: Uint8Array; headers?: ReplyHeaders }
  | { stream: AsyncIterable<string>; headers?: ReplyHeaders }
  | { nothing: true };

export type ReplyHeaders = Readonly<Record<string, string>>;

/** The same, where the answer's schema says what its JSON is. */
export type ReplyOf<R extends Route> =
  | (R['answer'] extends { schema: infer A extends Schema }
      ? { json: v.InferInput<A>; headers?: ReplyHeaders }
      : never)
  | Exclude<Reply, { json: unknown }>;
