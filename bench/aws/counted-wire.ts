import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { operationOf } from '#test/doubles/aws-wire/operation.ts';
import { onLoopback } from '#test/doubles/loopback.ts';

/** One call of a service, as it went over the wire. */
export interface WireCall {
  /** As in `PutItem`. */
  operation: string;
  request: Buffer;
  status: number;
  response: Buffer;
}

/** Who listens in, and may have a service told more than it was asked to tell. */
export interface Listener {
  /** @returns what is sent in place of the request */
  ask?(operation: string, request: Buffer): Buffer;
  /** Called before the answer is passed on. */
  answered(call: WireCall): void;
}

export interface CountedWire {
  /** For the SDK, in place of the endpoint behind. */
  endpoint: string;
  close(): Promise<void>;
}

/**
 * Stands on the wire before a stand-in for an AWS service, and lets somebody see every call.
 * @param behind the endpoint of the stand-in
 */
export async function openCountedWire(behind: string, listener: Listener): Promise<CountedWire> {
  const server = createServer((request, response) => {
    pass(new URL(behind), listener, request, response).catch(() => response.destroy());
  });
  return await onLoopback(server);
}

async function pass(behind: URL, listener: Listener, incoming: IncomingMessage, outgoing: ServerResponse) {
  const request = await buffer(incoming);
  const operation = operationOf(incoming, request);
  const sent = listener.ask?.(operation, request) ?? request;
  const answer = await forward(behind, incoming, sent);
  const response = await buffer(answer);
  const status = answer.statusCode ?? 502;
  listener.answered({ operation, request: sent, status, response });
  const { connection: _, 'transfer-encoding': __, ...headers } = answer.headers;
  outgoing.writeHead(status, headers);
  outgoing.end(response);
}

async function forward(
  { hostname, port }: URL,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  const passing = { ...headers, 'content-length': String(body.length) };
  const request = ask({ hostname, port, method, path: url, headers: passing });
  request.end(body);
  const [answer]: unknown[] = await once(request, 'response');
  if (!isMessage(answer)) throw new TypeError('the stand-in gave no answer');
  return answer;
}

function isMessage(value: unknown): value is IncomingMessage {
  return typeof value === 'object' && value !== null && 'statusCode' in value;
}
