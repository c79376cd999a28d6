import type { Command } from '../command.ts';
import { type Completed, completedOf, nextWords, prefixesOf, type Value } from './completed.ts';

/** Completions for fish (its `complete` command), from the table of commands. */
export function fishScript(commands: readonly Command[]): string {
  const lines = [
    ...[...nextWords(commands)].flatMap(([before, next]) =>
      next.map(
        ({ word, says }) => `complete -c escrow ${when(before)} -a ${quoted(word)} -d ${quoted(says)}`,
      ),
    ),
    ...commands.map(completedOf).flatMap(commandLines),
  ];
  return `# fish completion of escrow. For this shell: escrow completion fish | source
function __escrow_at
  set -l tokens (commandline -opc)
  set -l typed ''
  for token in $tokens[2..]
    set -l longer (string trim -- "$typed $token")
    contains -- $longer ${prefixesOf(commands).map(quoted).join(' ')}; or break
    set typed $longer
  end
  test "$typed" = "$argv[1]"
end
complete -c escrow -f
${lines.join('\n')}
`;
}

function commandLines({ command, options, operand }: Completed): string[] {
  return [
    ...options.map(
      ({ name, says, value }) =>
        `complete -c escrow ${when(command)} -l ${name}${value === undefined ? '' : ` ${offered(value)}`} -d ${quoted(says)}`,
    ),
    ...(operand === 'file' ? [`complete -c escrow ${when(command)} -F`] : []),
    ...(Array.isArray(operand)
      ? [`complete -c escrow ${when(command)} -a ${quoted(operand.join(' '))}`]
      : []),
  ];
}

function offered(value: Value): string {
  if (value === 'file') return '-r -F';
  return value === 'unknown' ? '-x' : `-x -a ${quoted(value.join(' '))}`;
}

function when(words: string): string {
  return `-n ${quoted(`__escrow_at ${quoted(words)}`)}`;
}

/** In single quotes, fish reads a backslash before a quote or a backslash only. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
