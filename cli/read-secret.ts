import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SetUpError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import type { Output } from './output.ts';
import { readNamedFile } from './read-file.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const openToOthers = 0o077;

/**
 * A secret from a file, from standard input (`-`), or typed at a prompt that shows nothing. Never from an argument: those
 * can be seen by every process. One line end at the end is not part of it.
 * @throws SetUpError `usage` if the file cannot be read, or there is nobody to ask
 */
export async function readSecret(
  question: string,
  file: string | undefined,
  output: Output,
): Promise<Secret> {
  if (file === '-') return withoutLineEnd(await buffer(process.stdin));
  if (file !== undefined) {
    const bytes = await readNamedFile(file);
    await warnIfOpen(file, output);
    return withoutLineEnd(bytes);
  }
  if (!process.stdin.isTTY) {
    throw new SetUpError('usage', {
      why: 'There is no terminal to ask for the password on.',
      next: 'Name a file with --password-file, or - for standard input.',
    });
  }
  return await prompt(question);
}

function withoutLineEnd(bytes: Uint8Array): Secret {
  let end = bytes.length;
  if (bytes[end - 1] === lineFeed) end -= 1;
  if (end < bytes.length && bytes[end - 1] === carriageReturn) end -= 1;
  return new Secret(bytes.subarray(0, end));
}

async function warnIfOpen(file: string, output: Output): Promise<void> {
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & openToOthers) !== 0) {
    output.message(`escrow: ${file} can be read by others. Make it yours alone: chmod 600 ${file}`);
  }
}

async function prompt(question: string): Promise<Secret> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return Secret.fromText(await reader.question(''));
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
