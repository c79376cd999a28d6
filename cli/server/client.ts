import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { needsIdempotencyKey, type Route } from '#contract/api/route.ts';
import { AccessError, asEscrowError, ConnectionError, EscrowError, InternalError } from '#domain/errors.ts';
import { readLimited } from './answer.ts';
import { connectionError, mayBeOverSoon } from './connection-errors.ts';
import { problemOf } from './problem.ts';
import { type Retrying, retryAfter, retrying } from './retry.ts';

/** Where requests go, as whom, and how patiently. */
export interface Connection {
  /** Without a slash at the end. */
  server: string;
  /** Undefined where nobody is signed in. */
  token: string | undefined;
  /** For each answer, in milliseconds. */
  timeout: number;
  /** What the person is told while it goes on. */
  message(text: string): void;
  /** Names the one change of this run; made anew if absent. */
  idempotencyKey?: string | undefined;
  sleep?: Retrying['sleep'];
}

/** What goes into a route: values as they are sent, before the server's schemas read them. */
interface Sent<R extends Route> {
  params?: v.InferInput<R['params']>;
  query?: v.InferInput<R['query']>;
  body?: v.InferInput<R['body']['schema']>;
  /** Media type that is wanted; JSON if absent. */
  accept?: string;
  idempotencyKey?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** Whether it is one of many, which go at the pace that the server sets. */
  paced?: boolean;
}

type AnswerOf<R extends Route> = R['answer'] extends { schema: infer A extends v.GenericSchema }
  ? v.InferOutput<A>
  : undefined;

/** An answer that is not JSON. */
export interface RawAnswer {
  headers: Headers;
  media: string;
  bytes: Uint8Array;
}

/** Asks one server, by the routes of the contract. */
export interface Client {
  readonly server: string;
  /**
   * The answer of a route, as its schema reads it.
   * @throws ServerProblem with the server's own code; ConnectionError `server-unreachable`, `answer-unknown`; AccessError
   *   `sign-in-required` before anything is sent
   */
  call<R extends Route>(route: R, sent?: Sent<R>): Promise<AnswerOf<R>>;
  /** The same of a route whose answer is a file, or may be one. */
  fetch<R extends Route>(route: R, sent?: Sent<R>): Promise<RawAnswer>;
  /** The same of a route whose answer does not end: the stream itself, once it was granted. It is tried once. */
  open<R extends Route>(route: R, sent?: Sent<R>): Promise<Response>;
}

/** Redirects are not followed: a token goes to the server that was named, and to no other. */
export function clientOf(connection: Connection): Client {
  const { server } = connection;
  const state: State = { connection, runKey: connection.idempotencyKey ?? randomUUID(), reached: false };
  return {
    server,
    call: async (route, sent = {}) => {
      const answer = await repeated(state, route, sent);
      return checkedAnswer(route, answer);
    },
    fetch: (route, sent = {}) => repeated(state, route, sent),
    open: (route, sent = {}) => granted(state, route, sent, sent.signal),
  };
}

interface State {
  connection: Connection;
  runKey: string;
  /** Whether the server answered before: then a connection that fails may be a restart. */
  reached: boolean;
}

/** Every route may be repeated as it is: those that change something carry a key that makes it the same change. */
function repeated<R extends Route>(state: State, route: R, sent: Sent<R>): Promise<RawAnswer> {
  const { timeout, message, sleep } = state.connection;
  const attempt = async () => {
    const signals = [AbortSignal.timeout(timeout), ...(sent.signal === undefined ? [] : [sent.signal])];
    const response = await granted(state, route, sent, AbortSignal.any(signals));
    try {
      return await rawAnswer(response);
    } catch (error) {
      throw connectionError(state.connection.server, error);
    }
  };
  return retrying(attempt, {
    mayPass: (error) => mayPass(error, state.reached),
    askedWait: (error) => askedWaits.get(asKey(error)),
    isPace: (error) => sent.paced === true && asEscrowError(error).code === 'too-many-requests',
    message,
    ...(sleep !== undefined && { sleep }),
  });
}

function mayPass(error: unknown, reached: boolean): boolean {
  if (!(error instanceof EscrowError) || error instanceof InternalError) return false;
  return error.retryable && (reached || mayBeOverSoon(error));
}

/** What a refusal's `Retry-After` said, in milliseconds. */
const askedWaits = new WeakMap<object, number>();

function asKey(error: unknown): object {
  return typeof error === 'object' && error !== null ? error : {};
}

/** The response of a request that was not refused; its body is not read yet. */
async function granted<R extends Route>(
  state: State,
  route: R,
  sent: Sent<R>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { server } = state.connection;
  const response = await answered(state, route, sent, signal);
  state.reached = true;
  if (response.status >= 300 && response.status < 400) {
    throw new ConnectionError('answer-unknown', {
      field: server,
      why: `it points to another address (HTTP ${response.status}), which is not followed: a token goes to the server you name only`,
      next: 'Name the other address with --server, if you trust it.',
    });
  }
  if (response.ok) return response;
  const { bytes } = await rawAnswer(response).catch((error: unknown) => {
    throw connectionError(server, error);
  });
  const problem = problemOf(response.status, jsonOrNothing(bytes));
  const after = retryAfter(response.headers.get('retry-after'));
  if (after !== undefined) askedWaits.set(problem, after);
  throw problem;
}

async function answered<R extends Route>(
  { connection, runKey }: State,
  route: R,
  sent: Sent<R>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { server, token } = connection;
  const headers = headersOf(route, sent, token, runKey);
  try {
    return await fetch(`${server}${pathOf(route, sent.params)}${queryOf(sent.query)}`, {
      method: route.method,
      headers,
      redirect: 'manual',
      ...(sent.body !== undefined && { body: JSON.stringify(sent.body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    throw connectionError(server, error);
  }
}

function headersOf<R extends Route>(
  route: R,
  { accept, body, idempotencyKey, headers }: Sent<R>,
  token: string | undefined,
  runKey: string,
): Record<string, string> {
  if (token === undefined && route.roles !== 'anyone') {
    throw new AccessError('sign-in-required', {
      why: 'You are not signed in to this server.',
      next: 'Sign in first: escrow login',
    });
  }
  return {
    accept: accept ?? route.answer.media?.[0] ?? 'application/json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token !== undefined && route.roles !== 'anyone' && { authorization: `Bearer ${token}` }),
    ...(needsIdempotencyKey(route) && { 'idempotency-key': idempotencyKey ?? runKey }),
    ...headers,
  };
}

function pathOf(route: Route, params: unknown): string {
  const values = new Map(Object.entries(params ?? {}));
  return route.path.replace(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(values.get(name))),
  );
}

function queryOf(query: unknown): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}

async function rawAnswer(response: Response): Promise<RawAnswer> {
  const { headers } = response;
  const media = (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return { headers, media, bytes: await readLimited(response) };
}

function jsonOrNothing(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function checkedAnswer<R extends Route>(route: R, { bytes }: RawAnswer): AnswerOf<R>;
function checkedAnswer(route: Route, { bytes }: RawAnswer): unknown {
  const { schema } = route.answer;
  if (schema === undefined) return undefined;
  const parsed = v.safeParse(schema, jsonOrNothing(bytes));
  if (parsed.success) return parsed.output;
  throw new ConnectionError('answer-unknown');
}
