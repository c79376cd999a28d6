import type { Command } from '../command.ts';
import { type Completed, completedOf, nextWords, prefixesOf, type Value } from './completed.ts';

/** A completion function for zsh (zshcompsys: `_arguments`, `_describe`), from the table of commands. */
export function zshScript(commands: readonly Command[]): string {
  return `#compdef escrow
# zsh completion of escrow. For this shell: source <(escrow completion zsh)
_escrow() {
  local typed='' word
  local -a next
  while (( CURRENT > 2 )); do
    word="\${typed:+$typed }\${words[2]}"
    case "$word" in
      ${prefixesOf(commands).map(quoted).join(' | ')}) typed="$word" ;;
      *) break ;;
    esac
    # What was understood is taken away, so that what follows stands first.
    words=("\${words[1]}" "\${(@)words[3,-1]}")
    (( CURRENT-- ))
  done
  case "$typed" in
${[...nextWords(commands)].map(nextCase).join('\n')}
  esac
  case "$typed" in
${commands.map(completedOf).map(commandCase).join('\n')}
  esac
}
if [[ "\${funcstack[1]}" == _escrow ]]; then _escrow "$@"; else compdef _escrow escrow; fi
`;
}

function nextCase([before, next]: [string, { word: string; says: string }[]]): string {
  const described = next.map(({ word, says }) => quoted(`${word}:${says.replaceAll(':', '\\:')}`));
  return `    ${quoted(before)}) next=(${described.join(' ')}); _describe command next ;;`;
}

function commandCase({ command, options, operand }: Completed): string {
  const specifications = [
    ...options.map(({ name, says, value }) =>
      quoted(
        `--${name}${value === undefined ? '' : '='}[${escaped(says)}]${value === undefined ? '' : action(value)}`,
      ),
    ),
    ...(operand === undefined ? [] : [quoted(`1${action(operand)}`)]),
  ];
  return `    ${quoted(command)}) _arguments ${specifications.join(' ')} ;;`;
}

function action(value: Value): string {
  if (value === 'file') return ':file:_files';
  return value === 'unknown' ? ':value: ' : `:value:(${value.join(' ')})`;
}

function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
