import { describe, expect, it } from 'vitest';
import { runProgram } from '#test/support/program.ts';
import { commands } from '../../../cli/commands.ts';
import { shell } from './shell.ts';

const { run, write, path } = shell();

/** What each shell offers at the end of a command line, as that shell itself says. */
const offers = {
  bash: async (line: string) => {
    const words = line.split(' ').map((word) => `'${word}'`);
    const script = `source escrow.bash
COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}
_escrow; printf '%s\\n' "\${COMPREPLY[@]}"`;
    write('try.bash', script);
    return await run('bash try.bash');
  },
  fish: async (line: string) => {
    write('try.fish', `source escrow.fish\ncomplete -C '${line}'\n`);
    return await run('fish --no-config try.fish');
  },
};

async function offered(name: keyof typeof offers, line: string): Promise<string[]> {
  write(`escrow.${name}`, (await run(`escrow completion ${name}`)).stdout);
  const { stdout, stderr } = await offers[name](line);
  expect(stderr).toBe('');
  const found = stdout.split('\n').map((each) => each.split('\t', 1)[0] ?? '');
  return found.filter((each) => each !== '').sort();
}

const firstWords = [...new Set(commands.map(({ words }) => words[0] ?? ''))].sort();

describe.each(['bash', 'fish'] as const)('completion in %s', (name) => {
  it('offers every first word', async () => {
    expect(await offered(name, 'escrow ')).toEqual(firstWords);
  });

  it('offers what follows a word', async () => {
    const second = commands.filter(({ words }) => words[0] === 'receipt').map(({ words }) => words[1]);
    expect(await offered(name, 'escrow receipt ')).toEqual(second.sort());
  });

  it('goes on with what was begun', async () => {
    expect(await offered(name, 'escrow whoa')).toEqual(['whoami']);
    expect(await offered(name, 'escrow completion z')).toEqual(['zsh']);
  });

  it('offers the options of the command, and no other', async () => {
    expect(await offered(name, 'escrow receipt verify --')).toEqual(['--help', '--json', '--jwks']);
  });

  it('offers files where a file is meant, and nothing where a value is not known', async () => {
    write('keys-of-service.json', '{}');
    for (const line of ['escrow receipt verify --jwks keys-', 'escrow verify keys-']) {
      expect(await offered(name, line)).toEqual(['keys-of-service.json']);
    }
    expect(await offered(name, 'escrow login --server ')).toEqual([]);
  });
});

describe('completion in zsh', () => {
  /** Types a line and a tab at a zsh on a terminal of its own, then a key that says what the line is by now. */
  const typing = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source ./set-up.zsh"
zpty -r shell out '*ready*'
zpty -w -n shell "$1"$'\\t\\x18'
zpty -r shell out '*line=<*>*'
print -r -- "$out"
zpty -d shell
`;
  const setUp = `
PS1='> '
autoload -Uz compinit && compinit -u -D
source ./escrow.zsh
say-line() { zle -I; print -r -- "line=<$BUFFER>" }
zle -N say-line
bindkey '^X' say-line
echo ready
`;

  it.each([
    ['escrow whoa', 'escrow whoami '],
    ['escrow receipt ver', 'escrow receipt verify '],
    ['escrow receipt verify --jw', 'escrow receipt verify --jwks='],
    ['escrow receipt verify --jwks keys-', 'escrow receipt verify --jwks keys-of-service.json '],
    ['escrow verify keys-', 'escrow verify keys-of-service.json '],
    ['escrow completion z', 'escrow completion zsh '],
    ['escrow login --server x', 'escrow login --server x'],
  ])('goes on with what was begun: %s', async (line, completed) => {
    write('escrow.zsh', (await run('escrow completion zsh')).stdout);
    write('keys-of-service.json', '{}');
    write('set-up.zsh', setUp);
    write('try.zsh', typing);
    const typed = `cd '${path('.')}' && timeout 60 zsh -f try.zsh '${line}'`;
    const { status, stdout } = await runProgram('bash', ['-c', typed]);
    expect(status).toBe(0);
    expect(/line=<(.*)>/.exec(stdout.toString())?.[1]).toBe(completed);
  });
});
