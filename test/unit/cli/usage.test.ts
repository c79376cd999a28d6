import { describe, expect, it } from 'vitest';
import { processShell, shell, wordsOf } from './shell.ts';

const { run, list } = shell();
const verbs = ['recovery init', 'verify', 'convert', 'receipt verify', 'login', 'whoami', 'completion'];

describe('escrow --help', () => {
  it.each(['--help', '-h', 'help'])('lists every command on stdout: %s', async (words) => {
    const { status, stdout, stderr } = await run(`escrow ${words}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const verb of verbs) expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'));
  });

  it('lists those that begin with a word', async () => {
    const { status, stdout } = await run('escrow receipt --help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}receipt verify /m);
    expect(stdout).not.toMatch(/^ {2}login/m);
  });

  it.each(['help verify', 'verify --help', 'verify -h', 'verify some.file --help'])(
    'says more of one command: %s',
    async (words) => {
      const { status, stdout, stderr } = await run(`escrow ${words}`);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^escrow verify FILE /);
    },
  );

  it('takes what follows -- for no option', async () => {
    const { status, stderr } = await run('escrow verify -- --help');
    expect(status).toBe(2);
    expect(stderr).toContain('--help: there is no such file');
  });
});

describe('escrow --version', () => {
  it('prints the version', async () => {
    expect((await run('escrow --version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('escrow, asked wrongly', () => {
  it.each(['', 'xyzzy', 'receipt', 'recovery', 'hunter2'])(
    'lists the commands on stderr: "%s"',
    async (word) => {
      const { status, stdout, stderr } = await run(`escrow ${word}`.trim());
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).not.toContain('hunter2');
      expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
        /^escrow: .* command.*\. Choose one of the above\. \(usage\)$/,
      );
      expect(stderr).toMatch(/^ {2}re(ceipt|covery) /m);
    },
  );

  it.each([
    ['verfy', 'verify'],
    ['covert', 'convert'],
    ['recipt verify', 'receipt verify'],
    ['receipt verfy', 'receipt verify'],
    ['logn --server x', 'login'],
    ['who-am-i', 'whoami'],
  ])('says which command was meant: %s', async (words, meant) => {
    const { status, stdout, stderr } = await run(`escrow ${words}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(`escrow: There is no such command. Did you mean: escrow ${meant}? (usage)\n`);
  });

  it.each([
    ['recovery init', '--out must name'],
    ['recovery init --out', '--out: the option lacks its value'],
    ['recovery init --out --public p', '--out: the option lacks its value'],
    ['recovery init --out=', '--out: the option lacks its value'],
    ['recovery init --out a b', 'An argument stands there that belongs to no option'],
    ['recovery init --force --out a', '--force: there is no such option'],
    ['recovery init --out a --public a', '--public: it must name another file'],
    ['recovery init --out a --public ./a', '--public: it must name another file'],
    ['verify', 'Exactly one file'],
    ['verify a b', 'Exactly one file'],
    ['verify a -p', '-p: there is no such option'],
    ['convert --profile modern', 'Exactly one file'],
    ['convert a --profile', '--profile: the option lacks its value'],
    ['verify a --json=yes', '--json: the option takes no value'],
    ['receipt verify --jwks k', 'Exactly one file'],
    ['receipt verify a', '--jwks must name'],
    ['completion', 'The shell must be named: bash, zsh, fish'],
    ['completion powershell', 'SHELL: it is one of: bash, zsh, fish'],
    ['login --device --user eva', '--device and --user are two ways to sign in'],
    ['login --password-file f', '--password-file needs --user NAME'],
    ['login --client-secret-file f', '--client-secret-file needs --client-id ID'],
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

  it('says which option was meant', async () => {
    const { stderr } = await run('escrow verify a --pasword-file p');
    expect(stderr).toMatch(
      /^escrow: --pasword-file: there is no such option\. Did you mean --password-file\?/,
    );
  });

  it.each([
    ['completion bsah', 'Did you mean bash?'],
    ['list --purpose encrypion', 'Did you mean encryption?'],
    ['export enr_1 --profile compatibel', 'Did you mean compatible?'],
    ['export enr_1 --profile pbmac', 'Did you mean pbmac1?'],
    ['export enr_1 --for widows-10', 'Did you mean windows-10?'],
    ['export enr_1 --for openssl3', 'Did you mean openssl-3?'],
  ])('says which word was meant: %s', async (words, meant) => {
    const { status, stderr } = await run(`escrow ${words}`);
    expect(status).toBe(2);
    expect(stderr).toContain(`: it is one of: `);
    expect(stderr).toContain(meant);
  });

  it.each(['java-9', 'windows-server-2012', 'windows-8'])(
    'takes another version for another system: %s',
    async (target) => {
      const { stderr } = await run(`escrow export enr_1 --for ${target}`);
      expect(stderr).toContain('--for: it is one of: ');
      expect(stderr).not.toContain('Did you mean');
    },
  );

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
    const other = processShell(environment);

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
