import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onLoopback } from '../loopback.ts';
import { AwsError } from './aws-error.ts';
import type { Faults } from './faults.ts';
import { Input } from './input.ts';

export interface AwsJsonService {
  /** What `X-Amz-Target` has before the operation, as in `TrentService`. */
  target: string;
  /** The name that requests are signed for, as in `kms`. */
  signingName: string;
  /** Of the protocol; `1.1` if absent. */
  version?: '1.0' | '1.1';
  faults: Faults;
  /** How large a request may be, in bytes; 1 MiB if not given. */
  mostBytes?: number;
  /** Does an operation. @throws AwsError as the service refuses it */
  operate(operation: string, input: Input): Promise<object>;
}

export interface AwsJsonServer {
  /** As in `http://127.0.0.1:40001`. */
  endpoint: string;
  close(): Promise<void>;
}

const usualBytes = 2 ** 20;

/**
 * Serves an AWS service of the JSON protocol on loopback.
 * @param port 0 for any that is free
 */
export async function serveAwsJson(service: AwsJsonService, port = 0): Promise<AwsJsonServer> {
  const server = createServer((request, response) => {
    answer(service, request, response).catch(() => response.destroy());
  });
  return await onLoopback(server, port);
}

async function answer(
  service: AwsJsonService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await buffer(request);
    const operation = checkedOperation(service, request, body.length);
    const now = Date.now() + service.faults.aheadMilliseconds;
    response.setHeader('date', new Date(now).toUTCString());
    checkTime(request.headers, now);
    const fault = service.faults.meet(operation);
    if (fault?.kind === 'cut') {
      response.destroy();
      return;
    }
    if (fault?.kind === 'never-arrive') return;
    const output = await service.operate(operation, new Input(parsed(body)));
    if (fault?.kind === 'lose-answer') response.destroy();
    if (fault === undefined) send(response, contentTypeOf(service), 200, output);
  } catch (error) {
    const refusal = error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500);
    const told = { __type: refusal.type, message: refusal.message };
    send(response, contentTypeOf(service), refusal.status, told);
  }
}

function checkedOperation(service: AwsJsonService, { headers }: IncomingMessage, length: number): string {
  checkSignature(headers, service.signingName);
  if (length > (service.mostBytes ?? usualBytes))
    throw new AwsError('RequestEntityTooLargeException', 'too large', 413);
  const [target, operation] = String(headers['x-amz-target'] ?? '').split('.');
  if (
    target !== service.target ||
    operation === undefined ||
    headers['content-type'] !== contentTypeOf(service)
  ) {
    throw new AwsError('UnknownOperationException');
  }
  return operation;
}

/** Whether the request is signed as Signature Version 4 asks; the signature itself is not computed here. */
function checkSignature(headers: IncomingMessage['headers'], signingName: string): void {
  const { authorization } = headers;
  if (authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const scope = `Credential=[^/, ]+/\\d{8}/[a-z0-9-]+/${signingName}/aws4_request`;
  const form = new RegExp(`^AWS4-HMAC-SHA256 ${scope}, SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$`);
  const signed = form.exec(authorization)?.[1]?.split(';') ?? [];
  const needed = ['host', 'x-amz-date', 'x-amz-target'];
  if (
    !needed.every((name) => signed.includes(name)) ||
    !/^\d{8}T\d{6}Z$/.test(String(headers['x-amz-date']))
  ) {
    throw new AwsError('IncompleteSignatureException', 'the request is not signed as it must be');
  }
}

/** A signature counts for five minutes (IAM User Guide, "Elements of an AWS API request signature"). */
function checkTime(headers: IncomingMessage['headers'], now: number): void {
  const text = String(headers['x-amz-date']);
  const signed = Date.parse(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  if (Math.abs(now - signed) <= 300_000) return;
  throw new AwsError('InvalidSignatureException', `Signature expired: ${text} is now earlier than it may be`);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'the body is no JSON');
  }
}

function contentTypeOf({ version = '1.1' }: AwsJsonService): string {
  return `application/x-amz-json-${version}`;
}

function send(response: ServerResponse, contentType: string, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': crypto.randomUUID() });
  response.end(text);
}
