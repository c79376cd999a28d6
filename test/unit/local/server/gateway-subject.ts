import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach } from 'vitest';
import { asEscrowError, type EscrowError } from '#domain/errors.ts';
import { type Answering, createGateway } from '#local/server/gateway.ts';
import type { ApiRequest, ApiResponse } from '#runtime/http/api-request.ts';

/** What came through the gateway: the request, and its body or why there was none. */
export interface Taken {
  request: ApiRequest;
  body?: Uint8Array;
  error?: EscrowError;
}

/** Text as an answer. */
export function plain(text: string, status = 200): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body: new TextEncoder().encode(text) };
}

/** Gateways over real sockets, closed after each test. */
export function gatewaySubject() {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  async function serve(api: Answering, settings: { requestTimeout?: number } = {}) {
    const stopping = new AbortController();
    const timing = { ...settings, headersTimeout: 0, connectionsCheckingInterval: 20 };
    const server = createServer(timing, createGateway({ api, stopping: stopping.signal }));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { port, url: `http://127.0.0.1:${port}`, stop: () => stopping.abort() };
  }

  /** A gateway before something that reads bodies of some bytes and says how many there were. */
  async function serveReader(largest: number, settings: { requestTimeout?: number } = {}) {
    const taken: Taken[] = [];
    const handle = async (request: ApiRequest): Promise<ApiResponse> => {
      const one: Taken = { request };
      taken.push(one);
      try {
        one.body = await request.body(largest);
        return plain(`${request.path} ${one.body.length}`);
      } catch (thrown) {
        one.error = asEscrowError(thrown);
        return plain(one.error.code, 413);
      }
    };
    return { taken, ...(await serve({ handle }, settings)) };
  }

  return { serve, serveReader };
}
