import { unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Secret } from '#domain/secret.ts';
import { ArgumentsError } from '../command.ts';
import { checkNotTaken, writeNewFile } from '../write-file.ts';

/** The usual name of a converted file, beside the one that it comes from. @param what it is for, or its profile */
export function convertedName(file: string, what: string): string {
  return join(dirname(file), `${basename(file).replace(/\.(pfx|p12)$/i, '')}.${what}.pfx`);
}

/**
 * Checks, before anything is asked, that both names are free.
 * @throws ArgumentsError if they are one; as `checkNotTaken`
 */
export function checkNames(file: string, passwordOut: string | undefined): void {
  if (passwordOut !== undefined && resolve(file) === resolve(passwordOut)) {
    throw new ArgumentsError({
      field: '--generated-password-out',
      why: 'it must name another file than the new one',
    });
  }
  for (const name of [file, passwordOut]) if (name !== undefined) checkNotTaken(name);
}

/**
 * Writes a file for its owner alone, after the password without which it is worth nothing.
 * @param passwordOut where a generated password goes
 * @throws as `writeNewFile`: then neither is there
 */
export async function writeConverted(
  pfx: Uint8Array,
  file: string,
  password: Secret,
  passwordOut: string | undefined,
): Promise<void> {
  if (passwordOut !== undefined) await writeNewFile(passwordOut, `${password.text()}\n`, 0o600);
  try {
    await writeNewFile(file, pfx, 0o600);
  } catch (error) {
    if (passwordOut !== undefined) await unlink(passwordOut);
    throw error;
  }
}
