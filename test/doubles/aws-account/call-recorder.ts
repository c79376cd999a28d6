import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { operationOf } from '../aws-wire/operation.ts';
import { onLoopback } from '../loopback.ts';
import { type AwsCall, type AwsRequest, callerOf, type Described } from './aws-call.ts';

export interface RecorderSettings {
  /** The endpoint of the stand-in that does what is asked. */
  behind: string;
  /** What a policy is asked about a request, after it was answered. */
  describe(request: AwsRequest): Described[];
  /** Told of each request that was done, before whoever asked knows. */
  done?(request: AwsRequest): void;
  /** Whether a request waits until the one before it was answered. */
  oneByOne?: boolean;
}

export interface CallRecorder {
  /** For the SDK, in place of the endpoint behind. */
  endpoint: string;
  close(): Promise<void>;
}

/**
 * Stands before the stand-in of an AWS service, and keeps which function called it for what.
 * @param calls takes each call, in the order of the answers; refused ones too, since they had to be allowed
 */
export async function startCallRecorder(settings: RecorderSettings, calls: AwsCall[]): Promise<CallRecorder> {
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer((incoming, response) => {
    const passing = () => pass(settings, calls, incoming, response).catch(() => response.destroy());
    last = settings.oneByOne === true ? last.then(passing) : passing();
  });
  return await onLoopback(server);
}

async function pass(
  { behind, describe, done }: RecorderSettings,
  calls: AwsCall[],
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(incoming);
  const { method = '', url = '', headers } = incoming;
  const asked = { method, url, headers, body, operation: operationOf(incoming, body) };
  const answer = await forwarded(behind, asked);
  for (const described of describe(asked)) calls.push({ function: callerOf(headers), ...described });
  if (answer.status < 300) done?.(asked);
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

async function forwarded(behind: string, { method, url, headers, body }: AwsRequest) {
  const { hostname, port } = new URL(behind);
  const length = { 'content-length': String(body.length) };
  const outgoing = request({ hostname, port, method, path: url, headers: { ...headers, ...length } });
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', answered.resolve).once('error', answered.reject).end(body);
  const incoming = await answered.promise;
  const { connection: _, 'transfer-encoding': __, ...kept } = incoming.headers;
  return { status: incoming.statusCode ?? 502, headers: kept, body: await buffer(incoming) };
}
