import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
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
  const entries = options.entries ?? allEntries();
  const request: BundleRequest = { ...options, entries };
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
