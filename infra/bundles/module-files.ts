import { dirname, extname, join, relative, sep } from 'node:path';

/** What stands beside a bundle: a file that its code starts or reads, or a package that it loads when it needs it. */
export interface ModuleFile {
  /** An absolute path, or the name of a package. */
  source: string;
  /** What it is called beside a bundle; as unique as its place in the sources. */
  name: string;
  /** Whether it is code, which is bundled; anything else is copied. */
  code: boolean;
}

/** What bundles of a build name beside them, by its name there. */
export type ModuleFiles = Map<string, ModuleFile>;

/** A file of a module's own folder or near it, named in full; an address such as `'../'` is no file. */
const address = /new URL\(\s*'(\.{1,2}\/[^']*\.[a-z]+)',\s*import\.meta\.url\s*,?\s*\)/g;

/**
 * A module of ours with the files that it names by `new URL('./name', import.meta.url)`, such as the script of a worker thread,
 * named as they will be called beside the bundle: what a module is beside is not there.
 * @param root the project's folder, absolute
 * @param path of the module, absolute
 * @param found takes each such file
 */
export function withFilesBeside(text: string, path: string, root: string, found: ModuleFiles): string {
  return text.replaceAll(address, (_, named: string) => {
    const file = fileNamed(root, join(dirname(path), named));
    found.set(file.name, file);
    return `new URL('./${file.name}', import.meta.url)`;
  });
}

/** `shared/crypto/worker/worker.ts` becomes `shared-crypto-worker-worker.mjs`; a package's file is called without `node_modules`. */
function fileNamed(root: string, source: string): ModuleFile {
  const place = relative(root, source)
    .split(sep)
    .filter((part) => part !== 'node_modules')
    .join('-')
    .replaceAll('@', '');
  const extension = extname(source);
  const code = extension === '.ts' || extension === '.js';
  return { source, name: code ? `${place.slice(0, -extension.length)}.mjs` : place, code };
}
