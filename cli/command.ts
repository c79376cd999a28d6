import { parseArgs } from 'node:util';
import { type ErrorDetails, SetUpError } from '#domain/errors.ts';
import { argumentError } from '#domain/plain-words.ts';
import type { Output } from './output.ts';
import { nearest } from './suggest.ts';

/** An option of a command, as it is read, told in the help, and completed by a shell. */
export interface Option {
  type: 'string' | 'boolean';
  multiple?: boolean;
  /** What stands for the value in the help: `FILE`, `URL`. Without one the option takes no value. */
  value?: string;
  /** What it does; follows its name in the help. */
  says: string;
  /** What is said where it is left out, of an option that must be given. */
  required?: string;
  /** The words that the value may be, where it is one of a few. */
  words?: readonly string[];
  /** Others that are taken, too, and not offered. */
  otherWords?: readonly string[];
  /** Told under a heading of their own, after a command's own options. */
  shared?: true;
}

export type Options = Readonly<Record<string, Option>>;

/** What a command is about, without an option: a file, an enrollment's id. */
export interface Operand {
  /** In capitals, as in `FILE`. */
  name: string;
  /** What is said where it is left out, or given twice. */
  required?: string;
  words?: readonly string[];
}

/**
 * Where a command runs: what it says goes to `output`, what it is told beyond its arguments stands in `environment`. Its working
 * folder is the one where the person stands; `startedIn` is the one that the program was started in, by npm the clone's root: where
 * a server that npm started has its data.
 */
export interface Context {
  output: Output;
  environment: Readonly<Record<string, string | undefined>>;
  startedIn: string;
}

/** The arguments of a run, by the command's own table of options. */
export type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>['values'];

/** The groups of the overview, in its order. */
export const groups = [
  'Start',
  'Enroll',
  'Keys and backups',
  'Offline checks',
  'Keys in a token',
  'Organization',
  'Operate',
] as const;

/** All that is said of a command: help, overview, usage and completion are made of it. */
export interface Description {
  /** The words that call it, as in `receipt verify`. */
  words: readonly string[];
  group: (typeof groups)[number];
  /** One line for the list of commands. */
  summary: string;
  /** What it does, in paragraphs. */
  about: readonly string[];
  operand?: Operand;
  options: Options;
  /** What an exit status says, by its number; 2, wrong usage, is every command's. */
  exits: Readonly<Record<number, string>>;
  /** Command lines, each with what it is for where that is not plain. */
  examples: readonly (string | readonly [line: string, says: string])[];
}

/** One verb of the command line. */
export interface Command extends Description {
  /**
   * Reads the arguments, then does it.
   * @returns the exit status
   * @throws ArgumentsError where the arguments are wrong in themselves; what the command throws
   */
  run(args: readonly string[], context: Context): Promise<number>;
}

/** The arguments are wrong in themselves, whatever they name: the usage is shown, too. */
export class ArgumentsError extends SetUpError {
  constructor(details: ErrorDetails) {
    super('usage', details);
  }
}

/**
 * Makes a command of its description and of what it does with its arguments once they are read. The operand is empty where it
 * was left out, or where there is none.
 */
export function command<const O extends Options>(
  described: Omit<Description, 'options'> & {
    options: O;
    run(values: Values<O>, context: Context, operand: string): Promise<number>;
  },
): Command {
  return {
    ...described,
    run: (args, context) => {
      const { values, positionals } = readArguments(args, described.options);
      return described.run(values, context, onlyOperand(positionals, described.operand));
    },
  };
}

function readArguments<O extends Options>(args: readonly string[], options: O) {
  const parsed = parse(args, options);
  const empty = Object.entries(parsed.values).find(([, value]) => [value].flat().includes(''));
  if (empty !== undefined) {
    throw new ArgumentsError({ field: `--${empty[0]}`, why: 'the option lacks its value' });
  }
  for (const [name, { required, words, otherWords }] of Object.entries(options)) {
    const value: unknown = Reflect.get(parsed.values, name);
    if (required !== undefined && value === undefined) throw new ArgumentsError({ why: required });
    checkWord(`--${name}`, value, words, otherWords);
  }
  return parsed;
}

function parse<O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const { details } = argumentError(error);
    throw new ArgumentsError({ ...details, ...otherOption(details.field, options) });
  }
}

/** What may have been meant by an option that the command has not. */
function otherOption(typed: string | undefined, options: Options): { next?: string } {
  const name = typed?.replace(/^--?/, '');
  if (name === undefined || Object.hasOwn(options, name)) return {};
  const meant = nearest(name, [...Object.keys(options), 'help']);
  return meant === undefined ? {} : { next: `Did you mean --${meant}?` };
}

/** One of a few words, where only those have a meaning. The value itself is not repeated: it may be a secret. */
function checkWord(
  field: string,
  value: unknown,
  words: readonly string[] | undefined,
  otherWords: readonly string[] = [],
): void {
  if (words === undefined || value === undefined) return;
  const taken = [...words, ...otherWords];
  const wrong = [value].flat().find((each) => taken.every((word) => word !== each));
  if (wrong === undefined) return;
  const next = wordMeant(String(wrong), taken);
  const details = next === undefined ? {} : { next };
  throw new ArgumentsError({ field, why: `it is one of: ${words.join(', ')}`, ...details });
}

/** Where several words begin as what was typed, none of them is the likelier one. */
function wordMeant(typed: string, words: readonly string[]): string | undefined {
  const several = words.filter((word) => word.startsWith(`${typed}-`));
  if (several.length > 1) return `Say which: ${several.join(', ')}.`;
  const meant = nearest(typed, ofSameVersion(typed, words));
  return meant === undefined ? undefined : `Did you mean ${meant}?`;
}

/** The words with the same digits as what was typed: another version of a system is another system, and no slip. */
function ofSameVersion(typed: string, words: readonly string[]): string[] {
  const digits = (word: string) => word.replaceAll(/\D/g, '');
  return words.filter((word) => digits(typed) === '' || digits(word) === digits(typed));
}

function onlyOperand([first, ...more]: readonly string[], operand: Operand | undefined): string {
  if (operand === undefined) {
    if (first === undefined) return '';
    throw new ArgumentsError({ why: 'An argument stands there that belongs to no option.' });
  }
  const missing = first === undefined || first === '';
  if (more.length > 0 || (missing && operand.required !== undefined)) {
    throw new ArgumentsError({ why: operand.required ?? `There may be one ${operand.name} only.` });
  }
  checkWord(operand.name, first, operand.words);
  return first ?? '';
}
