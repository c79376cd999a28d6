import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';

/** A request as the server saw it. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server on this machine that answers what the test says, request by request. */
export interface ScriptedServer {
  url: string;
  seen: Seen[];
  close(): Promise<void>;
}

/** One answer: written by hand, so that it may be as wrong as a test needs it. */
export type ScriptedAnswer = (response: ServerResponse, request: IncomingMessage, seen: Seen) => void;

/** Starts one that gives the answers in turn, the last one for ever; it ends with the test. */
export async function scriptedServer(...answers: ScriptedAnswer[]): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const answer = answers[Math.min(seen.length, answers.length - 1)];
    const asked = { method, url, headers, body: await text(request) };
    seen.push(asked);
    answer?.(response, request, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  open.push(close);
  return { url, seen, close };
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): ScriptedAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
}

/** A problem document of the service. */
export function problem(
  status: number,
  code: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): ScriptedAnswer {
  const document = {
    type: `urn:enrollment-key-escrow:error:${code}`,
    title: 'Something',
    status,
    detail: 'the thing is wrong',
    code,
    next: 'Mend it.',
    requestId: 'req_test',
    retryable: false,
    ...more,
  };
  return json(document, status, { 'content-type': 'application/problem+json', ...headers });
}
