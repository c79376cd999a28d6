import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const aliases: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(repository, 'package.json'), 'utf8'),
).imports;

/** Every module that is loaded with a file: imports that are only types, and those by import(), load nothing. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(join(repository, file), 'utf8');
  const imports = source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'|^import '([^']+)'/gm);
  for (const [, from = '', bare = from] of imports) {
    const path = resolved(bare, file);
    if (path === undefined) seen.add(bare);
    else if (path.endsWith('.ts')) loadedWith(path, seen);
  }
  return seen;
}

/** Undefined for a package. */
function resolved(name: string, from: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(from), name);
  const [alias = '', ...rest] = name.split('/');
  return aliases[`${alias}/*`]?.replace('./', '').replace('*', rest.join('/'));
}

describe('the command line', () => {
  it('loads no adapter and no binding of a token library before a token is asked', () => {
    const loaded = [...loadedWith('cli/main.ts')];
    expect(loaded).toContain('cli/token/log-in.ts');
    expect(loaded).toContain('shared/domain/errors.ts');
    expect(loaded.filter((each) => /^shared\/adapters\/|graphene|pkcs11js/.test(each))).toEqual([]);
  });
});
