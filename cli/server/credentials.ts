import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { EscrowError, SetUpError } from '#domain/errors.ts';
import { errorNumber, fileError } from '#domain/plain-words.ts';
import { makeFolder, writeFileAtomically } from '#runtime/atomic-file.ts';

const signInSchema = v.object({
  accessToken: v.string(),
  /** ISO 8601; null where the issuer did not say. */
  expiresAt: v.nullable(v.string()),
  subject: v.nullable(v.string()),
  issuer: v.string(),
});

const fileSchema = v.object({
  version: v.literal(1),
  /** The server signed in to last. */
  current: v.optional(v.string()),
  servers: v.record(v.string(), signInSchema),
});

/** A sign-in to one server. */
export type SignIn = v.InferOutput<typeof signInSchema>;
/** All sign-ins of a person on this machine, by the URL of the server. */
export type Credentials = v.InferOutput<typeof fileSchema>;

const nobody: Credentials = { version: 1, servers: {} };

/** Where sign-ins are kept (XDG Base Directory Specification); ESCROW_CREDENTIALS names another file. */
export function credentialsFile(environment: Readonly<Record<string, string | undefined>>): string {
  const named = environment['ESCROW_CREDENTIALS'];
  if (named !== undefined && named !== '') return named;
  const folder = environment['XDG_CONFIG_HOME'];
  // A relative one is to be ignored.
  const base = folder?.startsWith('/') === true ? folder : join(homedir(), '.config');
  return join(base, 'escrow', 'credentials.json');
}

/**
 * The sign-ins of a file; none if it is not there.
 * @throws SetUpError `usage` if it cannot be read, is not such a file, or others may read it; StoreError `store-unavailable`
 */
export async function readCredentials(file: string): Promise<Credentials> {
  const text = await textOf(file);
  if (text === undefined) return nobody;
  if (await isOpenToOthers(file)) {
    throw new SetUpError('usage', {
      field: file,
      why: 'it holds access tokens, and others can read it',
      next: `Make it yours alone: chmod 600 '${file}'. If others use this machine, sign in again.`,
    });
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), fileSchema), text);
  if (parsed.success) return parsed.output;
  // Without the cause: it would quote the file.
  throw new SetUpError('usage', {
    field: file,
    why: 'it is not a file of sign-ins',
    next: 'Move it away, then sign in again: escrow login.',
  });
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return undefined;
    throw fileError(file, error);
  }
}

/** Whether anybody but the owner may read a file; never where modes say nothing of it. */
export async function isOpenToOthers(file: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0;
}

/** Keeps a sign-in, and its server as the one that is meant if none is named. Throws as `readCredentials`. */
export async function storeSignIn(file: string, server: string, signIn: SignIn): Promise<void> {
  const { servers } = await readCredentials(file);
  await write(file, { version: 1, current: server, servers: { ...servers, [server]: signIn } });
}

/** Forgets the sign-in to a server. @returns it, if there was one. Throws as `readCredentials`. */
export async function forgetSignIn(file: string, server: string): Promise<SignIn | undefined> {
  const { servers, current } = await readCredentials(file);
  const { [server]: forgotten, ...others } = servers;
  if (forgotten === undefined) return undefined;
  await write(file, { version: 1, ...(current !== undefined && { current }), servers: others });
  return forgotten;
}

async function write(file: string, credentials: Credentials): Promise<void> {
  try {
    await makeFolder(dirname(file), 0o700);
    const text = `${JSON.stringify(credentials, null, 2)}\n`;
    await writeFileAtomically(file, text, { mode: 0o600, overwrite: true });
  } catch (error) {
    throw error instanceof EscrowError ? error : fileError(file, error);
  }
}
