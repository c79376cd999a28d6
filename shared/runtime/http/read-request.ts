import { needsIdempotencyKey, type Route } from '#contract/api/route.ts';
import { InputError } from '#domain/errors.ts';
import type { ApiRequest } from './api-request.ts';
import { readJson } from './json-text.ts';

/**
 * The query's fields by name.
 * @throws InputError `invalid-input` if one stands there twice
 */
export function readQuery(query: URLSearchParams): Record<string, string> {
  const names = [...query.keys()];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new InputError('invalid-input', {
      field: 'query',
      why: 'has a field twice',
      next: 'Send it once.',
    });
  }
  return Object.fromEntries(query);
}

/**
 * The JSON body of a request, an object or a list where the route takes one; an empty object where the route takes none, and none came.
 * @throws InputError `unsupported-media-type`, `body-too-large`, `invalid-input` if it is not I-JSON in UTF-8
 */
export async function readBody(request: ApiRequest, route: Route): Promise<unknown> {
  const bytes = await request.body(route.body.largest);
  if (bytes.length === 0) return route.body.largest === 0 ? {} : undefined;
  try {
    checkMedia(request.header('content-type'), route.body.media ?? ['application/json']);
    return checkKind(readJson(inUtf8(bytes)), route);
  } finally {
    // It may hold a password; the text made of it is beyond reach.
    bytes.fill(0);
  }
}

/** Schemas of objects would read a list as an object of numbered members. */
function checkKind(body: unknown, { body: { items } }: Route): unknown {
  const mayBeList = items === '(whole)';
  if (typeof body === 'object' && body !== null && (mayBeList || !Array.isArray(body))) return body;
  const next = `Send the documented JSON object${mayBeList ? ', or a list of them' : ''}.`;
  const issue = { field: '(whole)', why: 'is not an object', next };
  throw new InputError('invalid-input', { ...issue, issues: [issue] });
}

/** The text; what is no UTF-8 becomes none of JSON. */
function inUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return '';
  }
}

function checkMedia(contentType: string | undefined, media: readonly string[]): void {
  const [named = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charsets = parameters.filter((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charsets.every((charset) => ['charset=utf-8', 'charset="utf-8"'].includes(charset));
  if (media.includes(named) && isUtf8) return;
  throw new InputError('unsupported-media-type', {
    field: 'Content-Type',
    why: 'is not one that this route reads',
    next: `Send ${media.join(' or ')}, in UTF-8.`,
  });
}

/** Visible ASCII, as it comes: a UUID is the usual choice. */
const idempotencyKeyForm = /^[\x21-\x7e]{1,128}$/;

/**
 * The `Idempotency-Key` of a request; empty where the route takes none.
 * @throws InputError `invalid-input` if it is missing, or is no such key
 */
export function readIdempotencyKey(request: ApiRequest, route: Route): string {
  if (!needsIdempotencyKey(route)) return '';
  const field = 'Idempotency-Key';
  const key = request.header('idempotency-key');
  const next = 'Send a new one for each new request, and the same to repeat it: a UUID will do.';
  if (key === undefined) throw new InputError('invalid-input', { field, why: 'is missing', next });
  if (idempotencyKeyForm.test(key)) return key;
  throw new InputError('invalid-input', { field, why: 'is not 1 to 128 visible ASCII characters', next });
}

/**
 * The media type to answer with: the one that the caller likes best of those that the route has (RFC 9110 section 12.5.1).
 * @throws InputError `not-acceptable`
 */
export function chooseMedia(accept: string | undefined, { answer }: Route): string {
  const offered = answer.media ?? ['application/json'];
  const [first = 'application/json'] = offered;
  const isNothing = answer.media === undefined && answer.schema === undefined;
  if (isNothing || accept === undefined || accept.trim() === '') return first;
  const ranges = accept.split(',').map(readRange);
  const liked = offered
    .map((media) => ({ media, quality: qualityOf(media, ranges) }))
    .filter(({ quality }) => quality > 0)
    // The order of sorting is kept where two are liked alike.
    .sort((one, other) => other.quality - one.quality);
  const [best] = liked;
  if (best !== undefined) return best.media;
  throw new InputError('not-acceptable', {
    field: 'Accept',
    why: 'names nothing that this route answers with',
    next: `Accept ${offered.join(' or ')}.`,
  });
}

interface Range {
  media: string;
  quality: number;
}

function readRange(text: string): Range {
  const [media = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality = weight === undefined ? 1 : Number.parseFloat(weight);
  return { media, quality: Number.isFinite(quality) ? quality : 0 };
}

/** The most specific range counts. */
function qualityOf(media: string, ranges: readonly Range[]): number {
  const [type = ''] = media.split('/');
  for (const name of [media, `${type}/*`, '*/*']) {
    const range = ranges.find((each) => each.media === name);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

const requestIdForm = /^[\w.-]{1,64}$/;

/** The caller's own name of the request (`X-Request-Id`), if it has one that can be written anywhere. */
export function givenRequestId(request: ApiRequest): string | undefined {
  const given = request.header('x-request-id');
  return given !== undefined && requestIdForm.test(given) ? given : undefined;
}
