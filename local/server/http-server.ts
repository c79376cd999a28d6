import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { InputError, SetUpError, StoreError } from '#domain/errors.ts';
import { errorNumber } from '#domain/plain-words.ts';
import { endsWithin } from '#runtime/within.ts';
import { refuse } from './refuse.ts';

/** The only address that is listened on: what is evaluated on one machine is not offered to the network. */
const address = '127.0.0.1';

/**
 * What a client may take, in milliseconds and bytes. That both `Content-Length` and `Transfer-Encoding` are refused, and
 * whatever else RFC 9112 forbids, is Node's strict parser's doing; a test holds it to that.
 */
export const usualLimits = {
  headersTimeout: 10_000,
  /** For the whole request, so that a body cannot be sent drop by drop. An answer may take longer. */
  requestTimeout: 30_000,
  /** How often the two above are looked at; Node's half a minute would more than double them. */
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
  /**
   * On a connection where nothing moves: far longer than any work takes, and than a stream is silent. Else whoever reads
   * nothing of an answer would hold its place without end.
   */
  stalledTimeout: 120_000,
  maxHeaderSize: 16_384,
  insecureHTTPParser: false,
  requireHostHeader: true,
};
export type HttpLimits = typeof usualLimits;

const mostHeaders = 100;
const mostConnections = 1_024;

/** A server that listens. */
export interface HttpServer {
  port: number;
  /** As in `http://127.0.0.1:8420`. */
  url: string;
  /** Requests that were not answered to the end yet. */
  inFlight(): number;
  /**
   * Takes no more connections or requests, and waits for those in flight, no longer than the time given; whatever is still
   * open then is cut off.
   * @returns whether all was answered
   */
  close(milliseconds: number): Promise<boolean>;
}

/**
 * Listens on 127.0.0.1. A request is passed on only if its `Host` names this server: else a page of a stranger, whose name was
 * made to lead to 127.0.0.1 (DNS rebinding), could talk to it from a browser of this machine.
 * @param port 0 for any that is free
 * @throws SetUpError `usage` if the port cannot be had
 */
export async function openHttpServer(
  port: number,
  listener: RequestListener,
  limits: HttpLimits = usualLimits,
): Promise<HttpServer> {
  const server = createServer(limits);
  server.maxHeadersCount = mostHeaders;
  server.maxConnections = mostConnections;
  server.timeout = limits.stalledTimeout;
  const given = await listen(server, port);
  const open = new OpenServer(server, given, listener);
  server.on('request', (request, response) => open.take(request, response));
  return open;
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen({ port, host: address, exclusive: true });
    await once(server, 'listening');
  } catch (cause) {
    throw portError(port, cause);
  }
  const given = server.address();
  return typeof given === 'object' && given !== null ? given.port : port;
}

function portError(port: number, cause: unknown): SetUpError {
  const taken = errorNumber(cause) === 'EADDRINUSE';
  const why = taken
    ? `port ${port} is taken by another program, or by this one started before`
    : `port ${port} cannot be listened on`;
  const next = taken ? 'Stop that one, or choose another port.' : 'Choose another port, from 1024 to 65535.';
  return new SetUpError('usage', { field: '--port', why, next, cause });
}

class OpenServer implements HttpServer {
  readonly port: number;
  readonly url: string;
  readonly #server: Server;
  readonly #listener: RequestListener;
  readonly #answering = new Set<ServerResponse>();
  readonly #hosts: ReadonlySet<string>;
  #isClosing = false;

  constructor(server: Server, port: number, listener: RequestListener) {
    this.port = port;
    this.url = `http://${address}:${port}`;
    this.#server = server;
    this.#listener = listener;
    this.#hosts = new Set([address, 'localhost', '[::1]'].flatMap((name) => namesOf(name, port)));
  }

  inFlight(): number {
    return this.#answering.size;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    this.#answering.add(response);
    response.once('close', () => this.#ended(response));
    const refusal = this.#refusalOf(request);
    if (refusal === undefined) this.#listener(request, response);
    else refuse(request, response, refusal);
  }

  async close(milliseconds: number): Promise<boolean> {
    this.#isClosing = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const response of this.#answering) endConnectionAfter(response);
    const inTime = await endsWithin(milliseconds, closed);
    this.#server.closeAllConnections();
    return inTime;
  }

  #ended(response: ServerResponse): void {
    this.#answering.delete(response);
    // One whose headers had gone out before the end was known is idle now, and would be kept for a while.
    if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections());
  }

  #refusalOf(request: IncomingMessage): { status: number; error: InputError | StoreError } | undefined {
    if (this.#isClosing) {
      const why = 'The service is stopping.';
      return {
        status: 503,
        error: new StoreError('store-unavailable', { why, next: 'Try again in a moment.' }),
      };
    }
    if (this.#isForUs(request)) return undefined;
    // RFC 9110 section 15.5.20: this server does not answer for what the request names.
    return { status: 421, error: new InputError('no-such-route', misdirected(this.url)) };
  }

  /** Whether a request names this server, in its `Host` and where its target is a whole URL (RFC 9112 section 3.2.2). */
  #isForUs(request: IncomingMessage): boolean {
    const { headers, rawHeaders } = request;
    const named = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
    if (named.length !== 1 || !this.#hosts.has(headers.host?.toLowerCase() ?? '')) return false;
    const [, authority, rest = ''] = /^http:\/\/([^/?]*)(.*)$/i.exec(request.url ?? '') ?? [];
    if (authority === undefined) return true;
    // From here on it is asked for as usual.
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    return this.#hosts.has(authority.toLowerCase());
  }
}

function misdirected(url: string) {
  return { field: 'Host', why: 'names another server than this one', next: `Send it to ${url}.` };
}

/** How a `Host` header names a server; the usual port of http may be left out (RFC 9110 section 7.2). */
function namesOf(name: string, port: number): string[] {
  return port === 80 ? [name, `${name}:80`] : [`${name}:${port}`];
}

function endConnectionAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
