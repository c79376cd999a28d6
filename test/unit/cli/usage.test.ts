import { describe, expect, it } from 'vitest';
import { shell, wordsOf } from './shell.ts';

const { run, list } = shell();
const verbs = ['recovery init', 'verify', 'receipt verify'];

describe('escrow --help', () => {
  it.each(['--help', '-h', 'help', 'receipt --help'])('lists every command on stdout: %s', async (words) => {
    const { status, stdout, stderr } = await run(`escrow ${words}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const verb of verbs) expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'));
  });

  it.each(verbs)('of %s tells usage, options, exit statuses and an example', async (verb) => {
    for (const option of ['--help', '-h', 'some.file --help']) {
      const { status, stdout, stderr } = await run(`escrow ${verb} ${option}`);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^escrow ${verb} `));
      expect(stdout).toContain('--json');
      expect(stdout).toMatch(/^Exit status: 0 .*, 1 .*, 2 wrong usage\.$/m);
      expect(stdout).toMatch(new RegExp(`^Example: escrow ${verb} `, 'm'));
      expect(stdout.endsWith('\n\n')).toBe(false);
    }
  });
});

describe('escrow, asked wrongly', () => {
  it.each(['', 'verfy', 'receipt', 'recovery', 'verify-all'])(
    'lists the commands on stderr: "%s"',
    async (word) => {
      const { status, stdout, stderr } = await run(`escrow ${word}`.trim());
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      for (const verb of verbs) expect(stderr).toContain(verb);
      expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
        /^escrow: .* command.*\. Choose one of the above\. \(usage\)$/,
      );
    },
  );

  it.each([
    ['recovery init', '--out must name'],
    ['recovery init --out', '--out: the option lacks its value'],
    ['recovery init --out --public p', '--out: the option lacks its value'],
    ['recovery init --out=', '--out: the option lacks its value'],
    ['recovery init --out a b', '--out must name'],
    ['recovery init --force --out a', '--force: there is no such option'],
    ['recovery init --out a --public a', '--public: it must name another file'],
    ['recovery init --out a --public ./a', '--public: it must name another file'],
    ['verify', 'Exactly one file'],
    ['verify a b', 'Exactly one file'],
    ['verify a -p', '-p: there is no such option'],
    ['verify a --json=yes', '--json: the option takes no value'],
    ['receipt verify', 'Exactly one file'],
    ['receipt verify a', '--jwks must name'],
  ])('says what is wrong, and the usage, on stderr: %s', async (words, why) => {
    const { status, stdout, stderr } = await run(`escrow ${words}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [said, usage, ...more] = stderr.trimEnd().split('\n');
    expect(said).toMatch(/^escrow: .*\. Ask the command for --help\. \(usage\)$/);
    expect(said).toContain(why);
    expect(usage).toMatch(/^Usage: escrow /);
    expect(more).toEqual([]);
    expect(list()).toEqual([]);
  });

  it.each(['--password hunter2', '--password=hunter2', '-hunter2'])(
    'repeats no value: %s',
    async (option) => {
      const { stdout, stderr } = await run(`escrow verify a.pfx ${option}`);
      expect(stdout + stderr).not.toContain('hunter2');
    },
  );

  it.each([
    ['verify nowhere.pfx', 'nowhere.pfx: there is no such file'],
    ['verify .', '.: it is a folder, not a file'],
    ['receipt verify nowhere.jws --jwks nowhere.json', 'nowhere.json: there is no such file'],
  ])('names the file that cannot be read, and what to do: %s', async (words, why) => {
    const { status, stdout, stderr } = await run(`escrow ${words}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^escrow: .*\. .*\. \(usage\)\n$/);
    expect(stderr).toContain(why);
  });
});

describe.each([{ NO_COLOR: '1' }, { FORCE_COLOR: '3' }, { TERM: 'dumb' }])(
  'with %o, escrow',
  (environment) => {
    const other = shell(environment);

    it('says everything without colours', async () => {
      const { stdout } = await other.run('escrow --help');
      const { stderr } = await other.run('escrow nothing');
      expect(stdout + stderr).not.toContain('\u001b');
    });
  },
);

describe('the output of escrow', () => {
  const command = wordsOf('escrow --help').join(' ');

  it('may be cut short by whoever reads it', async () => {
    const ran = await run('bash', `set -o pipefail; ${command} | true`);
    expect(ran).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('is missed where it cannot be written', async () => {
    const { status, stderr } = await run('bash', `${command} > /dev/full`);
    expect(status).toBe(1);
    expect(stderr).toBe(
      'escrow: standard output: the disk is full. Make room, then run the same again. (store-unavailable)\n',
    );
  });
});
