import type { Command } from '../command.ts';

/** What may stand for the value of an option, or for what a command is about. */
export type Value = 'file' | 'unknown' | readonly string[];

/** A command as a shell completes it. */
export interface Completed {
  /** As in `receipt verify`. */
  command: string;
  options: readonly { name: string; says: string; value: Value | undefined }[];
  /** Undefined where it takes none. */
  operand: Value | undefined;
}

/** A word that may follow others. */
export interface NextWord {
  word: string;
  /** The summary of the command that it completes, or of the commands that begin so. */
  says: string;
}

export function completedOf({ words, options, operand }: Command): Completed {
  return {
    command: words.join(' '),
    options: [
      ...Object.entries(options).map(([name, option]) => ({
        name,
        says: option.says,
        value: option.value === undefined ? undefined : offeredFor(option.value, option.words),
      })),
      { name: 'help', says: 'say more, with examples', value: undefined },
    ],
    operand: operand === undefined ? undefined : offeredFor(operand.name, operand.words),
  };
}

/** What stands in the help for the name of a file or folder. */
const paths = ['FILE', 'PATH', 'DIR'];

function offeredFor(name: string, words: readonly string[] | undefined): Value {
  return words ?? (paths.includes(name) ? 'file' : 'unknown');
}

/** What may follow the words typed so far, by those; '' for none. */
export function nextWords(commands: readonly Command[]): Map<string, NextWord[]> {
  const next = new Map<string, NextWord[]>();
  for (const { words, summary } of commands) {
    for (const [index, word] of words.entries()) {
      const before = words.slice(0, index).join(' ');
      const siblings = next.get(before) ?? [];
      const isLast = index === words.length - 1;
      if (siblings.some((each) => each.word === word)) continue;
      next.set(before, [
        ...siblings,
        { word, says: isLast ? summary : `${words.slice(0, index + 1).join(' ')} ...` },
      ]);
    }
  }
  return next;
}

/** Every row of words that leads to a command, or is one. */
export function prefixesOf(commands: readonly Command[]): string[] {
  return [
    ...new Set(
      commands.flatMap(({ words }) => words.map((_word, index) => words.slice(0, index + 1).join(' '))),
    ),
  ];
}
