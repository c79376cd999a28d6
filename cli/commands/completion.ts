import { type Command, command } from '../command.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';
import { exitStatus } from '../output.ts';

const scripts = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/**
 * Prints what makes a shell complete the commands.
 * @param commands the whole table; asked for late, since this command stands in it
 */
export function completionOf(commands: () => readonly Command[]): Command {
  return command({
    words: ['completion'],
    group: 'Start',
    summary: 'print a script that makes a shell complete commands',
    about: [
      'Prints a script that makes the shell complete commands, options, their words and files. It runs nothing of this program, and knows nothing of the server.',
    ],
    operand: {
      name: 'SHELL',
      required: `The shell must be named: ${[...scripts.keys()].join(', ')}.`,
      words: [...scripts.keys()],
    },
    options: {},
    exits: { 0: 'printed', 1: 'not printed' },
    examples: [
      ['source <(escrow completion bash)', 'in ~/.bashrc'],
      ['source <(escrow completion zsh)', 'in ~/.zshrc, after compinit'],
      ['escrow completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    async run(_values, { output }, shell) {
      await output.data(scripts.get(shell)?.(commands()) ?? '');
      return exitStatus.ok;
    },
  });
}
