import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { SetUpError } from '#domain/errors.ts';
import { argumentError } from '#domain/plain-words.ts';
import { type KeySource, keySources } from './open-keys.ts';

/**
 * Reads options, and nothing but options.
 * @returns the values by the options' names
 * @throws SetUpError `usage` for what is no option, lacks its value, or has one that it does not take
 */
export function readOptions<const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O) {
  const { values } = parsed(args, options);
  for (const [name, value] of Object.entries(values)) {
    const given: unknown[] = [value].flat();
    if (given.includes('')) throw wrong(`--${name}`, 'the option lacks its value');
  }
  return values;
}

/** Wrong usage of an option. @param field as in `--port` */
export function wrong(field: string, why: string): SetUpError {
  return new SetUpError('usage', { field, why });
}

/** @throws SetUpError `usage` if it names no source of keys */
export function readKeySource(text: string): KeySource {
  const keys = keySources.find((source) => source === text);
  if (keys === undefined) throw wrong('--keys', `must be one of ${keySources.join(', ')}`);
  return keys;
}

function parsed<const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], allowPositionals: false, options });
  } catch (error) {
    throw argumentError(error);
  }
}
