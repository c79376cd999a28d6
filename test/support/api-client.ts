import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import * as v from 'valibot';
import { expectDescribed, routeOf } from './api-description.ts';

/** What a test sends: an object goes as JSON, and every POST has an `Idempotency-Key` of its own unless it says another. */
export interface Sent {
  /** An access token. */
  token?: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** An answer of the server, read to its end. */
export interface Answered {
  status: number;
  headers: Readonly<Record<string, string>>;
  bytes: Uint8Array;
  text: string;
  /** Of an answer in JSON; an empty object otherwise. */
  json: Record<string, unknown>;
  /** Of a problem document. */
  code: string | undefined;
}

/** Headers of the connection, which no description of an API has. */
const ofConnection = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];

/** Sends a request over the network, and expects that the answer is one that the description of the API has. */
export async function call(url: string, method: string, target: string, sent: Sent = {}): Promise<Answered> {
  const response = await send(url, method, target, sent);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const named = [...response.headers].filter(([name]) => !ofConnection.includes(name));
  const answer = { status: response.status, headers: Object.fromEntries(named), bytes };
  const path = target.split('?')[0] ?? '';
  if (routeOf(method, path) !== undefined) expectDescribed(method, path, { ...answer, isStream: false });
  return { ...answer, ...read(answer) };
}

function send(url: string, method: string, target: string, sent: Sent): Promise<Response> {
  const { token, body, headers, signal } = sent;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return fetch(`${url}${target}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw ? Buffer.from(body) : JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
}

const anObject = v.record(v.string(), v.unknown());

function read({
  headers,
  bytes,
}: Pick<Answered, 'headers' | 'bytes'>): Pick<Answered, 'text' | 'json' | 'code'> {
  const text = new TextDecoder().decode(bytes);
  const isJson = headers['content-type']?.split(';')[0]?.endsWith('json') === true;
  const json = isJson ? v.parse(anObject, JSON.parse(text)) : {};
  return { text, json, code: typeof json['code'] === 'string' ? json['code'] : undefined };
}

/** An event as a client of the stream has it. */
export interface Followed {
  /** What resumes the stream after it. */
  position: string;
  type: string;
  /** The id of the CloudEvent. */
  id: string;
  enrollmentId: string;
}

/** Follows a stream of events until it is closed, or cut off. */
export interface Following {
  events: Followed[];
  /** All that came, as it came. */
  text(): string;
  /** The last position that was told, with an event or without. */
  position(): string | undefined;
  /** Waits until there are so many events that fit. */
  until(fits: (event: Followed) => boolean, count?: number): Promise<void>;
  close(): void;
  /** Ends when nothing more comes. */
  ended: Promise<void>;
}

const sentEvent = v.object({ id: v.string(), data: v.object({ enrollmentId: v.optional(v.string(), '') }) });

/** @param query of `/v1/events`, as in `?from=beginning` */
export async function follow(
  url: string,
  token: string,
  { query = '', lastEventId }: { query?: string; lastEventId?: string | undefined } = {},
): Promise<Following> {
  const closing = new AbortController();
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await send(url, 'GET', `/v1/events${query}`, { token, headers, signal: closing.signal });
  if (response.status !== 200 || response.body === null) {
    throw new TypeError(`no stream, but ${response.status}: ${await response.text()}`);
  }
  const events: Followed[] = [];
  let text = '';
  let last = lastEventId;
  const parser = createParser({
    onEvent: ({ id = '', event = '', data }) => {
      const parsed = v.parse(sentEvent, JSON.parse(data));
      events.push({ position: id, type: event, id: parsed.id, enrollmentId: parsed.data.enrollmentId });
    },
  });
  const ended = (async (body: AsyncIterable<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const piece of body) {
      const more = decoder.decode(piece, { stream: true });
      text += more;
      last =
        more
          .match(/^id: (.*)$/gm)
          ?.at(-1)
          ?.slice('id: '.length) ?? last;
      parser.feed(more);
    }
  })(response.body).catch(() => {});
  const until = async (fits: (event: Followed) => boolean, count = 1) => {
    while (events.filter(fits).length < count) await pause(10);
  };
  return { events, text: () => text, position: () => last, until, close: () => closing.abort(), ended };
}
