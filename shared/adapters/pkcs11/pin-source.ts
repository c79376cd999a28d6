import { readFile, stat } from 'node:fs/promises';
import { ProviderError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';

/**
 * Gives the user PIN of a token, each time anew: it is asked at every login, and its answer is erased after it.
 * @throws ProviderError `provider-misconfigured`, `provider-unavailable`, `provider-access-denied`
 */
export type PinSource = () => Promise<Secret>;

/** How a PIN source is named, for help texts. */
export const pinSourceForms = 'file:PATH, env:NAME or secretsmanager:NAME[#FIELD]';

/**
 * The source that a reference names: `file:PATH` (for its owner's eyes alone), `env:NAME` (a variable of this process), or
 * `secretsmanager:NAME[#FIELD]` (a secret of AWS Secrets Manager by name or ARN, or a field of it where it is JSON).
 * The reference itself is no secret.
 * @throws ProviderError `provider-misconfigured` if it names no source
 */
export function pinSource(reference: string): PinSource {
  const [, kind, where] = /^([a-z]+):(.+)$/s.exec(reference) ?? [];
  if (kind === 'file' && where !== undefined) return () => pinInFile(where);
  if (kind === 'env' && where !== undefined) return () => pinInVariable(where);
  if (kind === 'secretsmanager' && where !== undefined) return () => pinInSecretsManager(where);
  throw misconfigured('does not say where the PIN is', `Name it as ${pinSourceForms}.`);
}

async function pinInFile(path: string): Promise<Secret> {
  const content = await readOwnFile(path);
  // A text editor ends the last line; a PIN has no line end.
  const end = content.at(-1) === 0x0a ? (content.at(-2) === 0x0d ? -2 : -1) : content.length;
  const pin = new Secret(Uint8Array.from(content.subarray(0, end)));
  content.fill(0);
  return notEmpty(pin, `the file ${path}`);
}

async function readOwnFile(path: string): Promise<Buffer> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw misconfigured(`can be read by others in ${path}`, `Run: chmod 600 ${path}`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    throw misconfigured(`cannot be read from ${path}`, 'Check the file and who may read it.', cause);
  }
}

async function pinInVariable(name: string): Promise<Secret> {
  const value = process.env[name];
  if (value === undefined) throw misconfigured(`is not there: the variable ${name} is not set`, 'Set it.');
  return notEmpty(Secret.fromText(value), `the variable ${name}`);
}

async function pinInSecretsManager(where: string): Promise<Secret> {
  const [name = '', field] = where.split('#', 2);
  // Loaded only here: who keeps the PIN elsewhere needs nothing of AWS.
  const { readSecret } = await import('../secrets-manager/secret.ts');
  return notEmpty(await readSecret(name, field), `the secret ${name}`);
}

function notEmpty(pin: Secret, where: string): Secret {
  if (pin.bytes().length > 0) return pin;
  throw misconfigured(`is empty in ${where}`, 'Put the PIN there.');
}

function misconfigured(why: string, next: string, cause?: unknown): ProviderError {
  return new ProviderError('provider-misconfigured', { field: 'pin', why, next, cause });
}
