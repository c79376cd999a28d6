import { isUtf8 } from 'node:buffer';
import * as v from 'valibot';
import { parse } from '#contract/parse.ts';
import { InputError } from '#domain/errors.ts';
import type { ApiRequest } from '../http/api-request.ts';

const text = v.optional(v.string(), '');

/** What is used of an event of an HTTP API of Amazon API Gateway, payload format 2.0. */
const eventSchema = v.object({
  rawPath: text,
  rawQueryString: text,
  headers: v.optional(v.record(v.string(), v.string()), {}),
  requestContext: v.object({
    requestId: text,
    http: v.object({ method: v.string(), sourceIp: text }),
  }),
  body: text,
  isBase64Encoded: v.optional(v.boolean(), false),
});
type ApiEvent = v.InferOutput<typeof eventSchema>;

/** What API Gateway makes an answer of. */
export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}

/**
 * A request as API Gateway hands it on. The caller is the peer that API Gateway saw, never one that a header claims; cookies are
 * nobody's here. A request without a name of its own goes by that of API Gateway, so that both logs tell of the same.
 * @throws InputError `invalid-input` if it is no event of an HTTP API in payload format 2.0
 */
export function requestOfEvent(event: unknown, signal: AbortSignal): ApiRequest {
  const { rawPath, rawQueryString, headers, requestContext, ...content } = parse(eventSchema, event);
  const { method, sourceIp } = requestContext.http;
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (!byName.has('x-request-id')) byName.set('x-request-id', requestContext.requestId.replace(/=+$/, ''));
  return {
    method,
    path: encodedPath(rawPath),
    query: new URLSearchParams(rawQueryString),
    header: (name) => byName.get(name),
    clientAddress: sourceIp,
    body: async (largest) => bodyOf(content, largest),
    signal,
  };
}

/**
 * An HTTP API decodes the path, whatever the name `rawPath` says, so a slash that was encoded divides it like any other, and
 * matches no route that was meant otherwise. It is encoded again, as a path is everywhere else.
 */
function encodedPath(decoded: string): string {
  return decoded.toWellFormed().split('/').map(encodeURIComponent).join('/');
}

function bodyOf({ body, isBase64Encoded }: Pick<ApiEvent, 'body' | 'isBase64Encoded'>, largest: number) {
  const length = Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
  if (length > largest) {
    const why = `is longer than the ${largest} bytes that this route takes`;
    throw new InputError('body-too-large', { field: 'body', why });
  }
  return Uint8Array.from(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

/** An answer as API Gateway takes it. What is no text in UTF-8 goes as base64, and comes out as the bytes that it was. */
export function resultOf(
  { status, headers }: { status: number; headers: Readonly<Record<string, string>> },
  body: Uint8Array,
): ApiResult {
  const isText = isUtf8(body);
  return {
    statusCode: status,
    headers: { ...headers },
    body: Buffer.from(body).toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}
