import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '#crypto/identifiers.ts';
import type { EscrowError } from '#domain/errors.ts';
import { everyAnswer } from '#runtime/http/answer.ts';
import { problemResponse } from '#runtime/http/problem.ts';

/** Answers a request by a problem document before anybody looks at it, and ends its connection. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, error }: { status: number; error: EscrowError },
): void {
  const requestId = newId('req');
  const { headers, body } = problemResponse(error, requestId);
  response.on('error', () => {});
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const own = { 'x-request-id': requestId, 'content-length': bytes.length, connection: 'close' };
  response.writeHead(status, { ...everyAnswer, ...headers, ...own });
  response.end(bytes);
  // What is left of its body is thrown away, so that the answer can be read.
  request.resume();
}
