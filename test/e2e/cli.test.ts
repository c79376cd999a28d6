import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'escrow-npm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `npm run --silent escrow -- ...`, as the README says it, with whatever Node is the machine's own. */
function npmRun(...words: string[]): Promise<{ status: unknown; stdout: string; stderr: string }> {
  const args = ['run', '--silent', 'escrow', '--', ...words];
  const env = { ...process.env, PATH: withoutPinnedNode(process.env['PATH'] ?? '') };
  return new Promise((resolve) => {
    execFile('npm', args, { cwd: checkout, env }, (error, stdout, stderr) => {
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
    expect((await npmRun('verify', 'package.json', '--password-file', 'tsconfig.json')).status).toBe(1);
  });

  it('makes a recovery key', async () => {
    const { status, stdout } = await npmRun('recovery', 'init', '--out', join(folder, 'my key.jwk'));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kty: 'EC', use: 'enc' });
    expect(readdirSync(folder)).toEqual(['my key.jwk']);
  });
});
