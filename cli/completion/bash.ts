import type { Command } from '../command.ts';
import { type Completed, completedOf, nextWords, prefixesOf, type Value } from './completed.ts';

/** A completion function for bash (Bash Reference Manual, section 8.7), from the table of commands. */
export function bashScript(commands: readonly Command[]): string {
  const completed = commands.map(completedOf);
  return `# bash completion of escrow. For this shell: source <(escrow completion bash)
_escrow() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  local typed='' word index words='' options=''
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${typed:+$typed }\${COMP_WORDS[index]}"
    case "$word" in
      ${prefixesOf(commands).map(quoted).join(' | ')}) typed="$word" ;;
      *) break ;;
    esac
  done
  case "$typed $previous" in
${completed.flatMap(valueCases).join('\n')}
  esac
  case "$typed" in
${[...nextWords(commands)].map(([before, next]) => `    ${quoted(before)}) words=${quoted(next.map(({ word }) => word).join(' '))} ;;`).join('\n')}
  esac
  case "$typed" in
${completed.map(operandCase).join('\n')}
  esac
  if [[ $current == -* ]]; then words="$options"; elif [[ $words == FILES ]]; then _escrow_files; return; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
_escrow_files() {
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
  compopt -o filenames 2> /dev/null
}
complete -F _escrow escrow
`;
}

/** What is offered after an option that takes a value. */
function valueCases({ command, options }: Completed): string[] {
  return options.flatMap(({ name, value }) =>
    value === undefined ? [] : [`    ${quoted(`${command} --${name}`)}) ${offered(value)}return ;;`],
  );
}

function offered(value: Value): string {
  if (value === 'file') return '_escrow_files; ';
  if (value === 'unknown') return '';
  return `mapfile -t COMPREPLY < <(compgen -W ${quoted(value.join(' '))} -- "$current"); `;
}

/** A word that is a command, and begins others too, keeps those. */
function operandCase({ command, options, operand }: Completed): string {
  const names = quoted(options.map(({ name }) => `--${name}`).join(' '));
  const words =
    operand === 'file' ? ' words=FILES' : Array.isArray(operand) ? ` words=${quoted(operand.join(' '))}` : '';
  return `    ${quoted(command)}) options=${names}${words} ;;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
