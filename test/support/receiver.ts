import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export type Answering = (response: ServerResponse, received: Received, socket: Socket) => void;

/** A real HTTP server on 127.0.0.1 that takes webhooks, and answers as the test tells it to. */
export interface Receiver {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  answering: Answering;
  close(): Promise<void>;
}

/** Answers with a status and nothing else. */
export function status(code: number, headers: Record<string, string> = {}): Answering {
  return (response) => response.writeHead(code, headers).end();
}

/** Never answers. */
export const hanging: Answering = () => {};

/** @param tls PEM key and certificate, for HTTPS */
export async function startReceiver(
  answering = status(204),
  tls?: { key: string; cert: string },
): Promise<Receiver> {
  const received: Received[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request;
    const named = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const one = { method, path, headers: Object.fromEntries(named), body: await text(request) };
    received.push(one);
    receiver.answering(response, one, request.socket);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void take(request, response).catch(() => {});
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  const receiver: Receiver = {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/hook`,
    received,
    answering,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

/** @throws TypeError for a server that listens on no port */
export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('it listens on no port');
  return address.port;
}
