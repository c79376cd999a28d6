import { SetUpError } from '#domain/errors.ts';

/** Where the local server listens, if nothing else is said. */
export const usualServer = 'http://127.0.0.1:8420';

/** The options that say which server, and as whom. */
export const connectionOptions = {
  server: {
    type: 'string',
    value: 'URL',
    says: `which server; else ESCROW_SERVER, else the one signed in to last, else ${usualServer}`,
    shared: true,
  },
  'token-file': {
    type: 'string',
    value: 'FILE',
    says: 'an access token to use instead of the stored sign-in; else ESCROW_TOKEN_FILE; - reads standard input',
    shared: true,
  },
  timeout: {
    type: 'string',
    value: 'SECONDS',
    says: 'how long to wait for an answer; 60 if not given',
    shared: true,
  },
} as const;

/** Also of a command that changes something, and may be run again for the same change. */
export const repeatOptions = {
  'idempotency-key': {
    type: 'string',
    value: 'KEY',
    says: 'names this change: run again with the same key, it is made once; a new key each run if not given',
    shared: true,
  },
} as const;

/** What every command that asks a server may end with, beyond its own. */
export const serverExits = {
  4: 'not signed in, or not permitted',
  5: 'the server was not reached, or is busy: the same command may succeed later',
} as const;

export interface ConnectionValues {
  server?: string | undefined;
  'token-file'?: string | undefined;
  timeout?: string | undefined;
}

/**
 * Which server is meant: by option, else by ESCROW_SERVER, else the one signed in to last, else the local one.
 * @returns its URL, without a slash at the end
 * @throws SetUpError `usage` if it is no URL of a server, or tokens would travel to it in clear
 */
export function serverUrl(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  stored: string | undefined,
): string {
  const fromEnvironment = environment['ESCROW_SERVER'];
  if (option !== undefined) return checkedServer(option, '--server');
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    return checkedServer(fromEnvironment, 'ESCROW_SERVER');
  }
  return stored ?? usualServer;
}

function checkedServer(text: string, field: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new SetUpError('usage', {
      field,
      why: 'it is not the URL of a server',
      next: `Write it as https://escrow.example.org, or ${usualServer}.`,
    });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new SetUpError('usage', {
      field,
      why: 'it holds more than the address of a server',
      next: 'Leave out names, passwords and everything after a question mark; sign in with: escrow login.',
    });
  }
  checkCarriesTokens(url, field);
  return url.href.replace(/\/+$/, '');
}

/**
 * Tokens travel encrypted, or not beyond this machine (RFC 6750 section 5.3).
 * @param field what named the URL
 * @throws SetUpError `usage`
 */
export function checkCarriesTokens(url: URL, field: string): void {
  if (url.protocol === 'https:' || isLoopback(url)) return;
  throw new SetUpError('usage', {
    field,
    why: 'tokens and passwords are sent over https only, or to this machine itself',
    next: 'Use the https address of the server.',
  });
}

/** Whether a URL stays on this machine (RFC 6761 section 6.3 for the name). */
export function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

const usualSeconds = 60;
const mostSeconds = 3_600;

/** @returns milliseconds @throws SetUpError `usage` */
export function timeoutOf(option: string | undefined): number {
  if (option === undefined) return usualSeconds * 1_000;
  const seconds = /^\d{1,4}(?:\.\d+)?$/.test(option) ? Number(option) : 0;
  if (seconds > 0 && seconds <= mostSeconds) return seconds * 1_000;
  throw new SetUpError('usage', {
    field: '--timeout',
    why: `it is not a number of seconds up to ${mostSeconds}`,
    next: 'Write it as 30.',
  });
}
