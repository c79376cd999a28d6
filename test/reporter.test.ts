import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const repository = join(import.meta.dirname, '..');

const config = `
import { CountReporter } from '${join(repository, 'test', 'reporter.ts')}';
export default { test: { include: ['*.test.mjs'], reporters: ['default', new CountReporter()] } };
`;

/** Runs vitest, with the reporter, on test files of its own. */
function runVitest(files: Readonly<Record<string, string>>): { lines: string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'reporter-'));
  try {
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'vitest.config.mjs'), config);
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), `import { beforeAll, describe, expect, it } from 'vitest';\n${text}`);
    }
    const vitest = join(repository, 'node_modules', 'vitest', 'vitest.mjs');
    const environment = { ...process.env, NO_COLOR: '1', CI: 'true' };
    const run = spawnSync(process.execPath, [vitest, 'run'], {
      cwd: folder,
      encoding: 'utf8',
      env: environment,
    });
    return { lines: run.stdout.split('\n'), status: run.status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the closing line', () => {
  it('counts what passed, alone on its line, after the closing lines of vitest', () => {
    const { lines, status } = runVitest({
      'good.test.mjs': "it('a', () => {}); describe('b', () => { it.each([1, 2])('%i', () => {}); });",
    });
    expect(lines).toContain('3 passed, 0 failed');
    expect(lines.findIndex((line) => line.includes('Test Files'))).toBeGreaterThan(0);
    expect(lines.findIndex((line) => line.includes('Test Files'))).toBeLessThan(
      lines.indexOf('3 passed, 0 failed'),
    );
    expect(status).toBe(0);
  });

  it('counts as failed: a wrong test, a file that does not load, a hook that throws, an error nobody caught', () => {
    const { lines, status } = runVitest({
      'good.test.mjs': "it('a', () => {});",
      'wrong.test.mjs': "it('a', () => { expect(1).toBe(2); });",
      'unloadable.test.mjs': "import './nowhere.mjs';\nit('a', () => {});",
      'hook.test.mjs':
        "describe('b', () => { beforeAll(() => { throw new Error('hook'); }); it('a', () => {}); });",
      'uncaught.test.mjs':
        "it('a', async () => { setTimeout(() => { throw new Error('late'); }); await new Promise((r) => setTimeout(r, 50)); });",
    });
    expect(lines).toContain('2 passed, 4 failed');
    expect(status).toBe(1);
  });
});
