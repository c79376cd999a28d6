import type { Reply, Route } from '#contract/api/route.ts';
import type { ApiResponse } from './api-request.ts';

/** What every answer says: nobody keeps it, and no browser guesses what it is. */
export const everyAnswer = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

/** A reply as it goes out: status and media type are the route's. */
export function responseOf(reply: Reply, { answer }: Route, media: string): ApiResponse {
  if ('nothing' in reply) return { status: answer.status, headers: {}, body: undefined };
  const headers = { ...lowerCase(reply.headers ?? {}) };
  if ('json' in reply) {
    const type = media.endsWith('json') ? media : 'application/json';
    const body = new TextEncoder().encode(JSON.stringify(reply.json));
    return { status: answer.status, headers: { 'content-type': type, ...headers }, body };
  }
  const body = 'bytes' in reply ? reply.bytes : reply.stream;
  return { status: answer.status, headers: { 'content-type': media, ...headers }, body };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
