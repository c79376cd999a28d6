import { readFile } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';
import type { Plugin } from 'esbuild';

/** What stands beside a bundle: a file that its code starts or reads, or a package that it loads when it needs it. */
export interface ModuleFile {
  /** An absolute path, or the name of a package. */
  source: string;
  /** What it is called beside a bundle; as unique as its place in the sources. */
  name: string;
  /** Whether it is code, which is bundled; anything else is copied. */
  code: boolean;
}

/** A file of a module's own folder or below it, named in full; an address such as `'../'` is no file. */
const moduleFile = /new URL\(\s*(['"])(\.{1,2}\/[^'"]*\.[a-z]+)\1,\s*import\.meta\.url\s*,?\s*\)/g;

/**
 * Finds the files that our modules name by `new URL('./name', import.meta.url)`, such as the script of a worker thread, and
 * names them as they will be called beside the bundle: a bundle is one file, so what a module is beside is not there.
 * @param root the project's folder, absolute
 * @param found takes each such file, by the name that the bundle will use
 */
export function moduleFiles(root: string, found: Map<string, ModuleFile>): Plugin {
  return {
    name: 'module-files',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (path.includes(`${sep}node_modules${sep}`) || !text.includes('import.meta.url')) return undefined;
        const contents = text.replaceAll(moduleFile, (_, __, named: string) => {
          const file = fileNamed(root, join(dirname(path), named));
          found.set(file.name, file);
          return `new URL('./${file.name}', import.meta.url)`;
        });
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** `shared/crypto/worker/worker.ts` becomes `shared-crypto-worker-worker.mjs`. */
function fileNamed(root: string, source: string): ModuleFile {
  const place = relative(root, source).split(sep).join('-');
  const code = extname(source) === '.ts';
  return { source, name: code ? `${place.slice(0, -'.ts'.length)}.mjs` : place, code };
}
