import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { places, targets } from './edges.ts';
import { type Finding, lintSamples, repository, sourceFolders } from './sample-tree.ts';

const importRule = 'style/noRestrictedImports';

/** Lints one file at each place with one import a line, and says which lines were refused. */
function refusals(files: ReadonlyMap<string, readonly string[]>): (path: string, line: string) => boolean {
  const samples = Object.fromEntries([...files].map(([path, lines]) => [path, `${lines.join('\n')}\n`]));
  const findings = lintSamples(samples).filter(({ rule }) => rule === importRule);
  return (path, line) =>
    findings.some((found) => found.path === path && files.get(path)?.[found.line - 1] === line);
}

const line = (target: string) => `import '${target}';`;

describe('imports between layers', () => {
  const refused = refusals(new Map(places.map(({ path }) => [path, targets.map(line)])));

  it.each(places)('$path may import $sees and nothing else', ({ path, sees }) => {
    const passed = targets.filter((target) => !refused(path, line(target)));
    expect(passed).toEqual(targets.filter((target) => sees.some((seen) => seen === target)));
  });
});

describe('relative imports', () => {
  const leaving: ReadonlyMap<string, readonly string[]> = new Map([
    [
      'shared/domain/leaves.ts',
      [line('../ports/clock.ts'), line('./../ports/clock.ts'), line('../anything.ts')],
    ],
    ['shared/contract/leaves.ts', [line('../adapters/sqlite/registry.ts'), line('./a/../../ports/clock.ts')]],
    ['shared/crypto/pfx/leaves.ts', [line('../../ports/clock.ts'), line('../../../local/dispatcher.ts')]],
    ['shared/policy/leaves.ts', [line('../ports/clock.ts')]],
    ['shared/ports/leaves.ts', [line('../adapters/sqlite/registry.ts')]],
    ['shared/steps/leaves.ts', [line('../adapters/sqlite/registry.ts')]],
    ['shared/adapters/files/leaves.ts', [line('../../runtime/environment.ts'), line('../../steps/a.ts')]],
    ['shared/runtime/leaves.ts', [line('../adapters/sqlite/registry.ts')]],
    ['lambdas/enroll/leaves.ts', [line('../export/export.ts'), line('../../shared/adapters/files/vault.ts')]],
    ['lambdas/enroll/handler.ts', [line('../export/handler.ts'), line('../../local/dispatcher.ts')]],
    [
      'local/demo/leaves.ts',
      [line('../../cli/main.ts'), line('../../infra/app.ts'), line('../../test/a.ts')],
    ],
    ['infra/leaves.ts', [line('../lambdas/enroll/handler.ts'), line('../shared/adapters/files/vault.ts')]],
    ['docs/leaves.ts', [line('../shared/ports/clock.ts'), line('../cli/main.ts')]],
    ['cli/commands/leaves.ts', [line('../../local/dispatcher.ts'), line('../../shared/ports/clock.ts')]],
  ]);
  const staying: ReadonlyMap<string, readonly string[]> = new Map([
    ['shared/domain/stays.ts', [line('./secret.ts')]],
    ['shared/crypto/pfx/stays.ts', [line('./read.ts'), line('../asn1.ts')]],
    ['shared/adapters/files/stays.ts', [line('./folder.ts'), line('../sqlite/database.ts')]],
    ['lambdas/enroll/handler.ts', [line('./enroll.ts'), line('./config.ts')]],
    ['local/demo/stays.ts', [line('../dispatcher.ts')]],
    ['infra/constructs/stays.ts', [line('./keys.ts'), line('../stage.ts')]],
    ['cli/commands/stays.ts', [line('../output.ts')]],
    ['test/unit/stays.ts', [line('../../shared/domain/secret.ts')]],
  ]);
  const leavingRefused = refusals(leaving);
  const stayingRefused = refusals(staying);

  for (const [path, lines] of leaving) {
    it.each(lines)(`in ${path}, %s leaves the layer and is refused`, (text) => {
      expect(leavingRefused(path, text)).toBe(true);
    });
  }
  for (const [path, lines] of staying) {
    it.each(lines)(`in ${path}, %s stays in the layer`, (text) => {
      expect(stayingRefused(path, text)).toBe(false);
    });
  }
});

describe('forms of import', () => {
  const path = 'shared/domain/forms.ts';
  const forms = [
    "import type { Clock } from '#ports/clock.ts';",
    "export { clock } from '#ports/clock.ts';",
    "export type { Clock as Watch } from '#ports/clock.ts';",
    "export const loaded = await import('#ports/clock.ts');",
  ];
  const refused = refusals(new Map([[path, forms]]));

  it.each(forms)('%s is refused like a plain import', (text) => {
    expect(refused(path, text)).toBe(true);
  });

  it('an import() type, into which the import rule cannot look, is refused altogether', () => {
    const found = lintSamples({ [path]: "export type Clock = import('#ports/clock.ts').Clock;\n" });
    expect(rulesAt(found, path)).toContain('plugin');
  });

  it('require is refused, which the import rule cannot see either', () => {
    const found = lintSamples({ [path]: "export const clock = require('#ports/clock.ts');\n" });
    expect(rulesAt(found, path)).toContain('style/noCommonJs');
  });
});

describe('the house itself', () => {
  const configuration = readFileSync(join(repository, 'biome.json'), 'utf8');
  const free = ['test', 'bench', 'shared'];

  it.each(sourceFolders('shared').map((folder) => `shared/${folder}`))(
    '%s has a rule of its own',
    (folder) => {
      expect(configuration).toContain(`"${folder}/**"`);
    },
  );

  it.each(sourceFolders('.').filter((folder) => !free.includes(folder)))(
    '%s has a rule of its own',
    (folder) => {
      expect(configuration).toContain(`"${folder}/**"`);
    },
  );
});

describe('what product code may not do', () => {
  const samples = {
    'shared/runtime/prints.ts': "console.log('a');\n",
    'lambdas/enroll/prints.ts': "console.error('a');\n",
    'cli/prints.ts': "console.log('a');\n",
    'shared/steps/throws.ts': "export function fail(): never {\n  throw new Error('a');\n}\n",
    'cli/throws.ts': "export function fail(): never {\n  throw new TypeError('a');\n}\n",
    'test/throws.ts': "export function fail(): never {\n  throw new Error('a');\n}\n",
    'shared/crypto/reads.ts': 'export const stage = process.env;\n',
    'lambdas/enroll/enroll.ts': 'export const stage = process.env;\n',
    'lambdas/enroll/config.ts': 'export const stage = process.env;\n',
    'shared/ports/any.ts': 'export type Anything = any;\n',
    'shared/ports/default.ts': 'export default 1;\n',
    'shared/steps/forgets.ts':
      'async function a(): Promise<void> {}\nexport function b(): void {\n  a();\n}\n',
    'test/unit/skipped.test.ts': "import { it } from 'vitest';\nit.skip('a', () => {});\n",
    'test/unit/focused.test.ts': "import { it } from 'vitest';\nit.only('a', () => {});\n",
  };
  const found = lintSamples(samples);

  const refused: readonly (readonly [string, string, string])[] = [
    ['shared code', 'print', 'shared/runtime/prints.ts suspicious/noConsole'],
    ['a lambda', 'print', 'lambdas/enroll/prints.ts suspicious/noConsole'],
    ['a step', 'throw a bare Error', 'shared/steps/throws.ts plugin'],
    ['the command line', 'throw a bare TypeError', 'cli/throws.ts plugin'],
    ['crypto', 'read the environment', 'shared/crypto/reads.ts style/noProcessEnv'],
    ['a use case', 'read the environment', 'lambdas/enroll/enroll.ts style/noProcessEnv'],
    ['any source', 'use any', 'shared/ports/any.ts suspicious/noExplicitAny'],
    ['any source', 'export a default', 'shared/ports/default.ts style/noDefaultExport'],
    ['any source', 'leave a promise alone', 'shared/steps/forgets.ts nursery/noFloatingPromises'],
    ['a test', 'be skipped', 'test/unit/skipped.test.ts suspicious/noSkippedTests'],
    ['a test', 'run alone', 'test/unit/focused.test.ts suspicious/noFocusedTests'],
  ];
  it.each(refused)('%s may not %s', (_who, _what, finding) => {
    expect(found.map(({ path, rule }) => `${path} ${rule}`)).toContain(finding);
  });

  it.each([
    ['the command line may print', 'cli/prints.ts'],
    ['a test may throw a bare Error', 'test/throws.ts'],
    ['the config of a lambda may read the environment', 'lambdas/enroll/config.ts'],
  ])('%s', (_claim, path) => {
    expect(rulesAt(found, path)).toEqual([]);
  });
});

function rulesAt(findings: readonly Finding[], path: string): readonly string[] {
  return findings.filter((found) => found.path === path).map(({ rule }) => rule);
}
