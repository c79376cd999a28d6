import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'escrow-npm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const password = join(folder, 'password');
writeFileSync(password, 'not the one');

/** `npm run --silent escrow -- ...`, as the README says it, with whatever Node is the machine's own. */
function npmRun(...words: string[]) {
  return npmRunIn(checkout, [], words);
}

/** The same in another folder; npm's own options say which clone is meant, outside of it. */
function npmRunIn(cwd: string, options: string[], words: string[]): Promise<Ran> {
  const args = [...options, 'run', '--silent', 'escrow', '--', ...words];
  const env = { ...process.env, PATH: withoutPinnedNode(process.env['PATH'] ?? '') };
  return run('npm', args, { cwd, env });
}

interface Ran {
  status: unknown;
  stdout: string;
  stderr: string;
}

function run(program: string, args: string[], where: { cwd: string; env?: NodeJS.ProcessEnv }): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, where, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

function withoutPinnedNode(path: string): string {
  return path
    .split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':');
}

describe('npm run --silent escrow -- ...', () => {
  it('prints what the command prints, and nothing of npm on stdout', async () => {
    const { status, stdout } = await npmRun('--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^escrow COMMAND \[options\]\n/);
  });

  it('ends with the status of the command', async () => {
    expect((await npmRun('verify')).status).toBe(2);
    expect((await npmRun('verify', 'package.json', '--password-file', password)).status).toBe(1);
  });

  it('makes a recovery key', async () => {
    const { status, stdout } = await npmRun('recovery', 'init', '--out', join(folder, 'my key.jwk'));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kty: 'EC', use: 'enc' });
    expect(readdirSync(folder)).toEqual(['my key.jwk', 'password']);
  });

  it('reads files from where the person stands, in a folder of the clone', async () => {
    const words = ['verify', 'openssl-3des.p12', '--password-file', password];
    const { status, stderr } = await npmRunIn(join(checkout, 'test/vectors/pfx'), [], words);
    expect(stderr).not.toContain('no such file');
    expect(status).toBe(1);
  });

  it('says what is wrong, without npm too, in a folder that was removed', async () => {
    const main = join(checkout, 'cli/main.ts');
    const line = `mkdir gone && cd gone && rmdir ../gone && "$0" "$1" --version && "$0" "$1" verify a.pfx`;
    const { status, stdout, stderr } = await run('bash', ['-c', line, process.execPath, main], {
      cwd: folder,
    });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^escrow: a\.pfx: .*\n$/),
    });
  });

  it('reads and writes files where the person stands, anywhere else', async () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const there = (...words: string[]) => npmRunIn(elsewhere, ['--prefix', checkout], words);
    const made = await there('recovery', 'init', '--out', 'key.jwk', '--public', 'public.jwk');
    expect(made).toMatchObject({ status: 0 });
    expect(readdirSync(elsewhere).sort()).toEqual(['key.jwk', 'public.jwk']);
    expect((await there('recovery', 'init', '--out', '../elsewhere/key.jwk')).stderr).toContain(
      '../elsewhere/key.jwk: it exists already',
    );
  });
});
