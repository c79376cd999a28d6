import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { functions } from '#contract/functions.ts';
import type { BundleRequest } from './build-bundles.ts';
import type { Custody } from './one-custody.ts';

export interface BundleFunctionsOptions {
  /** Absolute. Whatever is in it is removed first. */
  outFolder: string;
  custody: Custody;
  /** Those of `shared/contract/functions.ts` if not given. */
  entries?: readonly string[];
  /** Absolute; the project's `lambdas` if not given. */
  sources?: string;
}

const main = join(import.meta.dirname, 'main.ts');

/**
 * Bundles the service's functions, each into a folder of its own with `index.mjs`, which exports `handler`.
 * @returns by the `entry` of `shared/contract/functions.ts`, the absolute path of the folder
 * @throws Error with what esbuild says, where a module does not parse or resolve
 */
export function bundleFunctions(options: BundleFunctionsOptions): Record<string, string> {
  const sources = options.sources ?? resolve(import.meta.dirname, '../../lambdas');
  const entries = (options.entries ?? allEntries()).filter((entry) =>
    existsSync(join(sources, `${entry}.ts`)),
  );
  const request: BundleRequest = { ...options, sources, entries };
  const { status, stderr } = spawnSync(process.execPath, [main, JSON.stringify(request)], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`the functions could not be bundled:\n${stderr}`);
  return Object.fromEntries(entries.map((entry) => [entry, join(options.outFolder, entry)]));
}

function allEntries(): string[] {
  return [...new Set(Object.values(functions).map(({ entry }) => entry))].sort();
}
