import { type ParseArgsConfig, parseArgs } from 'node:util';
import { SetUpError } from '#domain/errors.ts';
import { argumentError } from '#domain/plain-words.ts';
import type { Output } from './output.ts';

/** One verb of the command line. */
export interface Command {
  /** The words that call it, as in `receipt verify`. */
  words: readonly string[];
  /** One line for the list of commands. */
  summary: string;
  /** Usage on the first line; then options, exit statuses and an example. */
  help: string;
  /** Does it. @returns the exit status */
  run(args: readonly string[], output: Output): Promise<number>;
}

/**
 * Reads a verb's arguments, of which exactly one may be a file.
 * @throws SetUpError `usage`
 */
export function readArguments<O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
) {
  const parsed = parse(args, options);
  const empty = Object.entries(parsed.values).find(([, value]) => value === '');
  if (empty !== undefined) {
    throw new SetUpError('usage', { field: `--${empty[0]}`, why: 'the option lacks its value' });
  }
  return parsed;
}

function parse<O extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw argumentError(error);
  }
}

/** The one positional argument. @throws SetUpError `usage` */
export function onlyFile(positionals: readonly string[]): string {
  const [file, ...more] = positionals;
  if (file === undefined || file === '' || more.length > 0) {
    throw new SetUpError('usage', { why: 'Exactly one file must be named.' });
  }
  return file;
}
