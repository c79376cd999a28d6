import { stat } from 'node:fs/promises';
import { SetUpError } from '#domain/errors.ts';
import { capital, fileError, printable } from '#domain/plain-words.ts';
import type { Secret } from '#domain/secret.ts';
import type { Output } from '../output.ts';
import { readBounded, readNamedFile } from '../read-file.ts';
import { askSecret, canAsk } from './prompt.ts';
import { secretOnOneLine } from './secret-line.ts';

const standardInput = 'standard input';
const openToOthers = 0o077;

/**
 * A secret from a file, from standard input (`-`), or typed at a prompt that shows nothing. Never from an argument: those
 * can be seen by every process.
 * @param option what names the file, as in `--password-file`
 * @throws what `readSecretFile` throws; SetUpError `usage` if there is nobody to ask
 */
export async function readSecret(
  question: string,
  file: string | undefined,
  output: Output,
  option = '--password-file',
): Promise<Secret> {
  // At a terminal, reading standard input would show what is typed.
  if (canAsk() && (file === undefined || file === '-')) return await askSecret(question);
  if (file !== undefined) return await readSecretFile(file, output);
  throw new SetUpError('usage', {
    why: 'There is no terminal to ask for the password on.',
    next: `Name a file with ${option}, or - for standard input.`,
  });
}

/**
 * A secret from a file, or from standard input (`-`), as `secretOnOneLine` reads it. Says so if others can read the file.
 * @throws SetUpError `usage` if it cannot be read, or is not one line of UTF-8; StoreError `store-unavailable`
 */
export async function readSecretFile(file: string, output: Output): Promise<Secret> {
  if (file === '-') return secretOnOneLine(await readStandardInput(), standardInput);
  const bytes = await readNamedFile(file);
  await warnIfOpen(file, output);
  return secretOnOneLine(bytes, file);
}

let wasRead = false;

async function readStandardInput(): Promise<Uint8Array> {
  if (wasRead) {
    throw new SetUpError('usage', {
      why: 'Standard input can be read for one thing only.',
      next: 'Name a file for the others.',
    });
  }
  wasRead = true;
  try {
    return await readBounded(process.stdin);
  } catch (error) {
    throw fileError(standardInput, error);
  }
}

async function warnIfOpen(file: string, output: Output): Promise<void> {
  const found = await stat(file);
  if (process.platform !== 'win32' && found.isFile() && (found.mode & openToOthers) !== 0) {
    const name = printable(file);
    output.message(`escrow: ${name} can be read by others. Make it yours alone: chmod 600 '${name}'`);
  }
}

/**
 * A new secret: typed twice at a terminal, so that a slip does not lock its owner out; or read from a file, or from standard
 * input, once.
 * @param what as in `new password`
 * @param rules what it must be, in a sentence, for whoever types it
 * @throws SetUpError `usage` if the two differ; what `readSecret` throws
 */
export async function readNewSecret(
  what: string,
  file: string | undefined,
  output: Output,
  option?: string,
  rules?: string,
): Promise<Secret> {
  const isTyped = canAsk() && (file === undefined || file === '-');
  if (isTyped && rules !== undefined) output.message(rules);
  const first = await readSecret(`${capital(what)}: `, file, output, option);
  if (!isTyped) return first;
  const second = await askSecret(`The ${what} again: `);
  const same = Buffer.compare(first.bytes(), second.bytes()) === 0;
  second.erase();
  if (same) return first;
  first.erase();
  throw new SetUpError('usage', { why: 'The two were not the same.', next: 'Run the same again.' });
}
