import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { InputError } from '#domain/errors.ts';
import type { ApiRequest, ApiResponse } from '#runtime/http/api-request.ts';

/** What answers a request. It never throws. */
export interface Answering {
  handle(request: ApiRequest): Promise<ApiResponse>;
}

export interface GatewayParts {
  api: Answering;
  /** Ends when the service is stopping: streams end, and nothing new is begun by them. */
  stopping: AbortSignal;
}

/** Takes requests from a socket of this machine, as API Gateway does on AWS, and gives them to the API. */
export function createGateway({ api, stopping }: GatewayParts): RequestListener {
  return (incoming, outgoing) => {
    // Whoever closes a connection early is gone, and nothing here has failed.
    outgoing.on('error', () => {});
    void answer(api, stopping, incoming, outgoing).catch(() => outgoing.destroy());
  };
}

async function answer(
  api: Answering,
  stopping: AbortSignal,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const signal = AbortSignal.any([gone.signal, stopping]);
  const response = await api.handle(requestOf(incoming, signal));
  // What was not read of a body would be taken for the next request.
  const unread = !incoming.complete;
  const length = response.body instanceof Uint8Array ? { 'content-length': response.body.length } : {};
  const close = unread ? { connection: 'close' } : {};
  outgoing.writeHead(response.status, { ...response.headers, ...length, ...close });
  await writeBody(response.body, incoming, outgoing);
  if (unread) incoming.resume();
}

async function writeBody(
  body: ApiResponse['body'],
  { method }: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array || method === 'HEAD') {
    outgoing.end(method === 'HEAD' ? undefined : body);
    return;
  }
  outgoing.flushHeaders();
  for await (const piece of body) {
    if (outgoing.destroyed) break;
    if (!outgoing.write(piece)) await drained(outgoing);
  }
  outgoing.end();
}

/** Waits until more may be written, or nobody reads any more. */
function drained(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.once('drain', done).once('close', done);
  });
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): ApiRequest {
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(query.join('?')),
    header: (name) => [incoming.headers[name]].flat()[0],
    clientAddress: incoming.socket.remoteAddress ?? '',
    body: (largest) => readWhole(incoming, largest),
    signal,
  };
}

async function readWhole(incoming: IncomingMessage, largest: number): Promise<Uint8Array> {
  const declared = Number(incoming.headers['content-length'] ?? 0);
  if (declared > largest) throw tooLarge(largest);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      if (!(chunk instanceof Uint8Array)) continue;
      length += chunk.length;
      if (length > largest) throw tooLarge(largest);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError('invalid-input', {
      field: 'body',
      why: 'did not come whole',
      next: 'Send it again.',
      cause: error,
    });
  }
  return wholeOf(chunks, length);
}

/** The chunks as one, and the chunks overwritten: a body may hold a password. */
function wholeOf(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
    chunk.fill(0);
  }
  return whole;
}

function tooLarge(largest: number): InputError {
  const why = `is longer than the ${largest} bytes that this route takes`;
  return new InputError('body-too-large', { field: 'body', why });
}
