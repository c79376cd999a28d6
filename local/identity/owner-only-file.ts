import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as v from 'valibot';
import { ProviderError } from '#domain/errors.ts';
import { errorNumber } from '#domain/plain-words.ts';
import { writeFileAtomically } from '#runtime/atomic-file.ts';

/**
 * Reads a JSON file that only its owner may read.
 * @returns undefined if it is not there
 * @throws ProviderError `provider-misconfigured` if it is damaged, or open to others; the error of node:fs otherwise
 */
export async function readOwnerOnlyJson<T extends v.GenericSchema>(
  path: string,
  schema: T,
): Promise<v.InferOutput<T> | undefined> {
  const content = await readOwnerOnly(path);
  if (content === undefined) return undefined;
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), content);
  if (!read.success) throw damagedFile(path);
  return read.output;
}

/**
 * Reads a text file that only its owner may read.
 * @returns undefined if it is not there
 * @throws ProviderError `provider-misconfigured` if it is open to others; the error of node:fs otherwise
 */
export async function readOwnerOnly(path: string): Promise<string | undefined> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorNumber(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (content !== undefined) await checkOwnerOnly(path);
  return content;
}

/** ProviderError `provider-misconfigured`. It has no cause: a parser's may quote what it read, and the file holds secrets. */
export function damagedFile(path: string): ProviderError {
  return new ProviderError('provider-misconfigured', {
    field: basename(path),
    why: 'is damaged',
    next: 'Restore the data folder from a copy, or start with an empty one.',
  });
}

/** Replaces a file that only its owner may read. @throws the error of node:fs */
export async function writeOwnerOnly(path: string, value: unknown): Promise<void> {
  const content = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
  await writeFileAtomically(path, `${content}\n`, { mode: 0o600, overwrite: true });
}

async function checkOwnerOnly(path: string): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  throw new ProviderError('provider-misconfigured', {
    field: basename(path),
    why: 'can be read by other users of this machine',
    next: `Run chmod 600 on ${basename(path)} in the identity folder.`,
  });
}
