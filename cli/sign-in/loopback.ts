import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { loopbackPorts } from '#contract/loopback-ports.ts';
import { ConnectionError } from '#domain/errors.ts';

/** How long a person has to sign in, in milliseconds. */
const patience = 5 * 60_000;

/** Where the issuer sends the person's browser back to, on this machine (RFC 8252 section 7.3). */
export interface LoopbackRedirect {
  redirectUri: string;
  /**
   * The address that the browser came back to, with the issuer's answer.
   * @throws ConnectionError `sign-in-failed` after five minutes
   */
  answer(): Promise<URL>;
  close(): void;
}

/**
 * Listens for the one answer on a port of this machine only: one that issuers may have been told, or any where those are taken.
 * @param state what the answer must carry: anybody on the machine may ask, and is not heard
 */
export async function listenForAnswer(state: string): Promise<LoopbackRedirect> {
  const server = await listening(loopbackPorts);
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const redirectUri = `http://127.0.0.1:${port}/callback`;
  const answered = new Promise<URL>((resolve) => {
    server.on('request', (request, response) => {
      const url = answerOf(request, redirectUri, state);
      show(response, url);
      if (url !== undefined) resolve(url);
    });
  });
  const over = new AbortController();
  return {
    redirectUri,
    answer: () => Promise.race([answered, tooLate(over.signal)]),
    close: () => {
      over.abort();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listening(ports: readonly number[]): Promise<Server> {
  const [port = 0, ...others] = ports;
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    // Somebody else has it; any that is free is there.
    if (port === 0) throw error;
    return await listening(others);
  }
}

function answerOf(
  { method, url = '/' }: IncomingMessage,
  redirectUri: string,
  state: string,
): URL | undefined {
  if (method !== 'GET' || !URL.canParse(url, redirectUri)) return undefined;
  const asked = new URL(url, redirectUri);
  const ours = asked.pathname === '/callback' && asked.searchParams.get('state') === state;
  return ours ? asked : undefined;
}

function show(response: ServerResponse, answer: URL | undefined): void {
  const said =
    answer === undefined
      ? 'Nothing is waiting for this.'
      : answer.searchParams.has('error')
        ? 'You are not signed in. The terminal says why.'
        : 'You may close this window, and go on in the terminal.';
  response.writeHead(answer === undefined ? 404 : 200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(`<!doctype html><html lang="en"><title>escrow</title><p>${said}</p></html>\n`);
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await setTimeout(patience, undefined, { signal });
  throw new ConnectionError('sign-in-failed', {
    why: 'Nobody signed in within five minutes.',
    next: 'Run the same again.',
  });
}
