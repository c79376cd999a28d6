import { AccessError, SetUpError } from '#domain/errors.ts';
import type { Context } from '../command.ts';
import { readSecretFile } from '../terminal/read-secret.ts';
import { type Client, clientOf } from './client.ts';
import { credentialsFile, readCredentials, type SignIn } from './credentials.ts';
import { type ConnectionValues, checkCarriesTokens, serverUrl, timeoutOf } from './settings.ts';

/** What of a command's options and environment says which server it is, and who asks. */
export interface Session {
  server: string;
  /** Undefined where nobody is signed in. */
  token: string | undefined;
  timeout: number;
  /** Where sign-ins are kept. */
  credentials: string;
  /** The stored sign-in to the server, if there is one and no other token goes before it. */
  signIn: SignIn | undefined;
}

/**
 * Reads which server is meant, and the token for it: of `--token-file`, else of ESCROW_TOKEN_FILE, else the stored sign-in.
 * @throws SetUpError `usage`, StoreError `store-unavailable` for a file or an address that cannot be used
 */
export async function readSession(values: ConnectionValues, context: Context): Promise<Session> {
  const { environment } = context;
  const timeout = timeoutOf(values.timeout);
  const credentials = credentialsFile(environment);
  const tokenFile = values['token-file'] ?? (environment['ESCROW_TOKEN_FILE'] || undefined);
  const { current, servers } = await readCredentials(credentials);
  const server = serverUrl(values.server, environment, current);
  checkCarriesTokens(new URL(server), server);
  const common = { server, timeout, credentials };
  if (tokenFile !== undefined) {
    return { ...common, token: await tokenOf(tokenFile, context), signIn: undefined };
  }
  const signIn = servers[server];
  return { ...common, token: signIn?.accessToken, signIn };
}

/**
 * A client for the server that is meant.
 * @throws AccessError `token-invalid` if the stored sign-in has run out; what `readSession` throws
 */
export async function openClient(
  values: ConnectionValues & { 'idempotency-key'?: string | undefined },
  context: Context,
): Promise<Client> {
  const session = await readSession(values, context);
  checkNotOver(session.signIn);
  const message = (text: string) => context.output.message(text);
  return clientOf({ ...session, message, idempotencyKey: checkedKey(values['idempotency-key']) });
}

function checkNotOver(signIn: SignIn | undefined): void {
  if (signIn === undefined || signIn.expiresAt === null || Date.parse(signIn.expiresAt) > Date.now()) return;
  throw new AccessError('token-invalid', {
    why: `Your sign-in ran out at ${signIn.expiresAt}.`,
    next: 'Sign in again: escrow login',
  });
}

/** A header takes visible ASCII; longer keys the server refuses. */
function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x21-\x7e]{1,128}$/.test(key)) return key;
  throw new SetUpError('usage', {
    field: '--idempotency-key',
    why: 'it is not a key: up to 128 letters, digits and signs without blanks',
    next: 'Choose another, for example a date and a number.',
  });
}

/** A token as a header takes it (RFC 6750 section 2.1). */
async function tokenOf(file: string, { output }: Context): Promise<string> {
  const secret = await readSecretFile(file, output);
  const token = secret.text().trim();
  secret.erase();
  if (/^[\w.~+/-]+=*$/.test(token)) return token;
  throw new SetUpError('usage', {
    field: file,
    why: 'it does not hold an access token, and nothing else',
    next: 'Name a file with the token on one line.',
  });
}
