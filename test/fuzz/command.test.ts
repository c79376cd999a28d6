import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fuzz, type Surroundings } from './command.ts';
import { ownCorpus } from './corpus.ts';

/** Runs the command with files of our own to change. */
async function run(args: string[], more: Partial<Surroundings> = {}) {
  const said = { stdout: '', stderr: '' };
  const screen = (name: keyof typeof said) => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  const streams = { stdout: screen('stdout'), stderr: screen('stderr') };
  const status = await fuzz(args, { ...streams, corpus: ownCorpus, ...more });
  return { status, ...said };
}

const dying = { script: new URL('./stand-ins/dying.ts', import.meta.url), corpus: async () => [] };

describe('npm run fuzz', () => {
  it('says what some runs came to', async () => {
    const { status, stdout, stderr } = await run(['--runs', '300', '--seed', '5', '--jobs', '2']);
    expect(stdout).toMatch(/^300 runs in .* seed 5\nstrict reader: .*opened \d+/);
    expect(stdout).toMatch(/findings: +none\n$/);
    expect(stderr).toMatch(/^seed 5, 6 files to change\n/);
    expect(stderr).toMatch(/\n300 of 300 runs, \d+ a second, 0 with findings\n$/);
    expect(status).toBe(0);
  });

  it('says it as JSON', async () => {
    const { stdout } = await run(['--runs', '20', '--json', '--jobs', '1']);
    expect(JSON.parse(stdout)).toMatchObject({ runs: 20, wrong: 0, findings: [], seed: expect.any(Number) });
  });

  it('makes one case again, the same as among all', async () => {
    const { status, stdout, stderr } = await run(['--seed', '5', '--case', '17']);
    expect(stderr).toMatch(/^case 17: /);
    expect(stdout).toMatch(/^1 runs in /);
    expect(status).toBe(0);
    expect((await run(['--seed', '5', '--case', '17'])).stderr).toBe(stderr);
    expect((await run(['--seed', '6', '--case', '17'])).stderr).not.toBe(stderr);
  });

  it('tells what it found, writes the files, and fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fuzz-command-'));
    try {
      const { status, stdout } = await run(['--runs', '400', '--seed', '5', '--out', folder], dying);
      expect(status).toBe(1);
      expect(stdout).toContain('findings:                  3 cases\n');
      expect(stdout).toContain('case 300: a stand-in; a step\n  opened: read modern');
      expect(await readdir(folder)).toContain('seed-5-case-300.json');
      expect(await readFile(join(folder, 'seed-5-case-300.p12'), 'utf8')).toBe('the file');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    [[]],
    [['--runs', 'many']],
    [['--runs', '0']],
    [['--runs', '1', '--jobs', '0']],
    [['--runs', '1', '--case', '1', '--seed', '1']],
    [['--case', '1']],
    [['--runs', '1', '--sed', '1']],
    [['1']],
  ])('says how it is used (%j)', async (args) => {
    const { status, stdout, stderr } = await run(args);
    expect(stderr).toMatch(/^usage: npm run fuzz -- --runs N/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});
