import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { AwsError } from '../aws-json/aws-error.ts';
import { type Fault, Faults } from '../aws-json/faults.ts';
import { onLoopback } from '../loopback.ts';
import { operationOf } from './operation.ts';
import { refusalOf } from './refusal.ts';

/** One request as it went: no header, and nothing of what it held. */
export interface PassedRequest {
  /** As in `PutItem`. */
  operation: string;
  /** What it met; `none` where it went through. */
  fault: Fault['kind'] | 'none';
}

export interface FaultProxy {
  /** As in `http://127.0.0.1:40001`: for the SDK, in place of the endpoint behind. */
  endpoint: string;
  faults: Faults;
  /** Every request since the start, or since a test emptied this. */
  log: PassedRequest[];
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/**
 * Stands on the wire before any stand-in for an AWS service, and lets go wrong what a test orders: refusals, cut connections,
 * answers that never come, before or after the service has done what it was asked.
 * @param behind the endpoint of the stand-in
 */
export async function startFaultProxy(behind: string): Promise<FaultProxy> {
  const faults = new Faults();
  const log: PassedRequest[] = [];
  const server = createServer((request, response) => {
    handle(new URL(behind), faults, log, request, response).catch(() => response.destroy());
  });
  return { ...(await onLoopback(server)), faults, log };
}

async function handle(
  behind: URL,
  faults: Faults,
  log: PassedRequest[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  const operation = operationOf(request, body);
  const met = meet(faults, operation);
  log.push({ operation, fault: met instanceof AwsError ? 'refuse' : (met?.kind ?? 'none') });
  if (met instanceof AwsError) {
    send(response, refusalOf(met, request));
    return;
  }
  if (met?.kind === 'cut') response.destroy();
  if (met?.kind === 'cut' || met?.kind === 'never-arrive') return;
  const answer = await forward(behind, request, body);
  if (met === undefined) send(response, answer);
  if (met?.kind === 'lose-answer') response.destroy();
}

function meet(faults: Faults, operation: string) {
  try {
    return faults.meet(operation);
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

async function forward(
  behind: URL,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  const { hostname, port } = behind;
  const passing = { ...headers, 'content-length': String(body.length) };
  const outgoing = ask({ hostname, port, method, path: url, headers: passing });
  outgoing.end(body);
  const [incoming]: [IncomingMessage] = await answered(outgoing);
  return { status: incoming.statusCode ?? 502, headers: incoming.headers, body: await buffer(incoming) };
}

function answered(outgoing: ReturnType<typeof ask>): Promise<[IncomingMessage]> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', (incoming: IncomingMessage) => resolve([incoming]));
    outgoing.once('error', reject);
  });
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { connection: _, 'transfer-encoding': __, ...kept } = headers;
  response.writeHead(status, kept);
  response.end(body);
}
