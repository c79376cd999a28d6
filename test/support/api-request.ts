import { InputError } from '#domain/errors.ts';
import type { ApiRequest } from '#runtime/http/api-request.ts';

/** What a test says of a request; the rest is as usual. */
export interface RequestParts {
  method?: string;
  /** With its query, percent-encoded, as it stands in a request line. */
  target?: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
  clientAddress?: string;
  signal?: AbortSignal;
}

/** A request as it would come from a socket. */
export function apiRequest({
  method = 'GET',
  target = '/',
  headers = {},
  body = '',
  clientAddress = '192.0.2.1',
  signal = new AbortController().signal,
}: RequestParts = {}): ApiRequest {
  const [path = '/', ...query] = target.split('?');
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return {
    method,
    path,
    query: new URLSearchParams(query.join('?')),
    header: (name) => named.get(name),
    clientAddress,
    body: async (largest) => {
      if (bytes.length > largest) throw new InputError('body-too-large', { field: 'body' });
      return bytes.slice();
    },
    signal,
  };
}
