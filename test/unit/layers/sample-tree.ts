import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';

export const repository = join(import.meta.dirname, '..', '..', '..');

/** One thing that the linter said of a sample file. */
export interface Finding {
  path: string;
  line: number;
  rule: string;
}

const report = v.object({
  diagnostics: v.array(
    v.object({
      category: v.string(),
      location: v.object({ path: v.string(), start: v.object({ line: v.number() }) }),
    }),
  ),
});

/**
 * Writes sample sources into a copy of the house that holds nothing but the linter's own settings, lints them in one
 * run, and removes the copy.
 * @param samples the text of each file by its path in the repository
 */
export function lintSamples(samples: Readonly<Record<string, string>>): readonly Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    cpSync(join(repository, 'biome.json'), join(folder, 'biome.json'));
    cpSync(join(repository, '.ci', 'lint'), join(folder, '.ci', 'lint'), { recursive: true });
    for (const [path, text] of Object.entries(samples)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return lint(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The folders directly under a folder of the repository that hold sources of ours, at any depth. */
export function sourceFolders(under: string): readonly string[] {
  return readdirSync(join(repository, under), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => name)
    .filter((name) => readdirSync(join(repository, under, name), { recursive: true }).some(isSource));
}

function isSource(path: string | Buffer): boolean {
  return path.toString().endsWith('.ts');
}

function lint(folder: string): readonly Finding[] {
  const biome = join(repository, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const options = ['lint', '--reporter=json', '--max-diagnostics=none', '--vcs-enabled=false', '.'];
  const run = spawnSync(process.execPath, [biome, ...options], { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = v.parse(report, JSON.parse(run.stdout));
  return diagnostics.map(({ category, location }) => ({
    path: location.path,
    line: location.start.line,
    rule: category.replace(/^lint\//, ''),
  }));
}
