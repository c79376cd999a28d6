import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findNpm } from './npm.ts';

describe('findNpm', () => {
  let folder: string;
  const works = () => ({ status: 0, output: '' });
  const fails = () => ({ status: 1, output: '' });

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'escrow-setup-')));
    writeFileSync(join(folder, 'npm'), '');
    writeFileSync(join(folder, 'npm-cli.js'), '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('is the one that runs the script', () => {
    vi.stubEnv('npm_execpath', join(folder, 'npm-cli.js'));
    expect(findNpm('/nowhere', fails)).toBe(join(folder, 'npm-cli.js'));
  });

  it.each([undefined, '/usr/lib/yarn.js'])('is else the first on the PATH (run by %s)', (running) => {
    vi.stubEnv('npm_execpath', running);
    expect(findNpm(`/nowhere:${folder}`, works)).toBe(join(folder, 'npm'));
  });

  it('is none where none is on the PATH, or it does not run', () => {
    vi.stubEnv('npm_execpath', undefined);
    expect([findNpm('/nowhere', works), findNpm(folder, fails)]).toEqual([undefined, undefined]);
  });
});
