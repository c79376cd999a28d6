import * as oidc from 'openid-client';
import { accountRoutes, commandLineClient } from '#contract/api/accounts.ts';
import { SetUpError } from '#domain/errors.ts';
import { errorNumber, printable } from '#domain/plain-words.ts';
import type { Secret } from '#domain/secret.ts';
import type { Output } from '../output.ts';
import { readNamedFile } from '../read-file.ts';
import { clientOf } from '../server/client.ts';
import { storeSignIn } from '../server/credentials.ts';
import { ServerProblem } from '../server/problem.ts';
import type { Session } from '../server/session.ts';
import { configurationOf, type TokenPlace } from '../sign-in/issuer.ts';
import { signInOf } from '../sign-in/tokens.ts';
import { signInByPassword } from '../sign-in/ways.ts';

/**
 * The code by which whoever can read the server's data folder adds the first administrator.
 * @returns undefined if the file is not there: the administrator is, or the folder is another one
 * @throws SetUpError `usage`, StoreError `store-unavailable`
 */
export async function readSetUpCode(file: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readNamedFile(file);
  } catch (error) {
    if (error instanceof SetUpError && errorNumber(error.cause) === 'ENOENT') return undefined;
    throw error;
  }
  const code = new TextDecoder().decode(bytes).trim();
  if (/^[0-9a-f]{32}$/.test(code)) return code;
  throw new SetUpError('usage', {
    field: file,
    why: 'it does not hold a set-up code',
    next: 'Name the file that the server named when it started, with --set-up-code-file.',
  });
}

/** An account at the evaluation issuer. */
export interface Administrator {
  subject: string;
  password: Secret;
}

/**
 * Adds the first administrator. @returns false if the code is good no more: somebody added one before
 * @throws what a call throws
 */
export async function addFirstAdministrator(
  { server, timeout }: Session,
  code: string,
  { subject, password }: Administrator,
  output: Output,
): Promise<boolean> {
  const message = (text: string) => output.message(text);
  const client = clientOf({ server, timeout, token: code, message });
  try {
    const account = { subject, displayName: subject, roles: ['administrator'] as const };
    const body = { ...account, roles: [...account.roles], password: password.text() };
    await client.call(accountRoutes.addAccount, { body });
    output.message(printable(`The account ${subject} is there, as administrator.`));
    return true;
  } catch (error) {
    if (error instanceof ServerProblem && error.problem.status === 401) return false;
    throw error;
  }
}

/** Signs the administrator in, and keeps the token. @returns the token */
export async function signInAdministrator(
  place: TokenPlace,
  { server, timeout, credentials }: Session,
  { subject, password }: Administrator,
): Promise<string> {
  const configuration = await configurationOf(place, commandLineClient, oidc.None(), timeout);
  const signIn = signInOf(place, await signInByPassword({ place, configuration }, subject, password));
  await storeSignIn(credentials, server, signIn);
  return signIn.accessToken;
}
