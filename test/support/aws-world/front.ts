import { Agent, request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { AwsError } from '#test/doubles/aws-json/aws-error.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { operationOf } from '#test/doubles/aws-wire/operation.ts';
import { refusalOf } from '#test/doubles/aws-wire/refusal.ts';
import { onLoopback } from '#test/doubles/loopback.ts';
import { type Service, services } from './chance.ts';

/** A request on its way from a function to a service. */
export interface Passing {
  service: Service;
  /** As in `PutItem`. */
  operation: string;
}

/** What was asked and answered, where the service has done it. */
export interface Done extends Passing {
  /** Path and query. */
  url: string;
  request: Buffer;
  status: number;
  /** Whether the answer arrived. */
  arrived: boolean;
}

/** A service in this process. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

export interface FrontParts {
  /** Where each service is: on a port, or in this process. */
  behind: Readonly<Record<Service, string | Answering>>;
  /** Waits for the request's turn, and says what goes wrong with it. */
  before(passing: Passing): Promise<Fault | undefined>;
  /** The service has done it, before the function hears of it. */
  done(done: Done): void;
  /** Nothing more comes of it. */
  after(passing: Passing): void;
}

/** The one way of a lane's functions to all of AWS. */
export interface Front {
  /** For the SDK, in place of every service's endpoint. */
  endpoint: string;
  close(): Promise<void>;
}

export async function openFront(parts: FrontParts): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    pass(parts, agent, request, response).catch(() => response.destroy());
  });
  const { endpoint, close } = await onLoopback(server);
  return {
    endpoint,
    close: async () => {
      agent.destroy();
      await close();
    },
  };
}

async function pass(
  parts: FrontParts,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const service = serviceOf(request);
  const behind = parts.behind[service];
  // What is in this process takes the request as it comes.
  const body = typeof behind === 'string' ? await buffer(request) : Buffer.alloc(0);
  const passing = { service, operation: operationOf(request, body) };
  const fault = await parts.before(passing);
  const forwarding = { ...passing, request, body, response, arrives: fault === undefined };
  try {
    if (fault?.kind === 'cut') response.destroy();
    else if (fault?.kind === 'refuse') send(response, refusalOf(asError(fault), request));
    else if (typeof behind === 'string') await forward(parts, agent, behind, forwarding);
    else await handOver(parts, behind, forwarding);
  } finally {
    parts.after(passing);
  }
}

interface Forwarding extends Passing {
  request: IncomingMessage;
  body: Buffer;
  response: ServerResponse;
  arrives: boolean;
}

/** The answer is held back until it was told, and lost if it must not arrive. */
async function handOver(
  { done }: FrontParts,
  answer: Answering,
  { service, operation, request, response, arrives }: Forwarding,
): Promise<void> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { promise, resolve } = Promise.withResolvers<void>();
  const send = response.end.bind(response);
  const end = (body: string | Buffer) => {
    const { url = '/' } = request;
    done({
      service,
      operation,
      url,
      request: Buffer.concat(chunks),
      status: response.statusCode,
      arrived: arrives,
    });
    if (arrives) send(body);
    else response.destroy();
    resolve();
    return response;
  };
  // Whoever asked may have given up meanwhile.
  response.once('close', () => resolve());
  answer(request, Object.assign(response, { end }));
  await promise;
}

async function forward(
  { done }: FrontParts,
  agent: Agent,
  behind: string,
  { service, operation, request, body, response, arrives }: Forwarding,
): Promise<void> {
  const { method, url = '/', headers } = request;
  const { hostname, port } = new URL(behind);
  const passing = { ...headers, 'content-length': String(body.length) };
  const outgoing = ask({ agent, hostname, port, method, path: url, headers: passing });
  outgoing.end(body);
  const incoming = await answerTo(outgoing);
  const answer = await buffer(incoming);
  const status = incoming.statusCode ?? 502;
  done({ service, operation, url, request: body, status, arrived: arrives });
  if (arrives) send(response, { status, headers: incoming.headers, body: answer });
  else response.destroy();
}

function answerTo(outgoing: ReturnType<typeof ask>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
}

function send(
  response: ServerResponse,
  answer: { status: number; headers: IncomingMessage['headers']; body: Buffer },
): void {
  const { connection: _, 'transfer-encoding': __, ...headers } = answer.headers;
  response.writeHead(answer.status, headers);
  response.end(answer.body);
}

function asError({ type, message, status }: Extract<Fault, { kind: 'refuse' }>): AwsError {
  return new AwsError(type, message, status);
}

/** A request says in its signature which service it is for. */
function serviceOf({ headers }: IncomingMessage): Service {
  const signed = /\/([a-z0-9-]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1];
  const service = services.find((each) => each === signed);
  if (service === undefined) throw new TypeError(`a request is signed for ${signed ?? 'nothing'}`);
  return service;
}
