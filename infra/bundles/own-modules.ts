import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Plugin } from 'esbuild';
import { withClassNames } from './class-names.ts';
import { type ModuleFiles, withFilesBeside } from './module-files.ts';

/** `import('#adapters/kms/kms-provider.ts')`, and not the type of it. */
const lazyImport = /(?<!typeof )\bimport\('([#.][^']+)'\)/g;

/**
 * Fits our own modules for a bundle: files that they name are found beside it, and what they load from one another by
 * `import()` is loaded with the rest. What a program of one machine may do without, a function was bundled with because it
 * needs it; and what is loaded by `import()` is kept, with all that it shares with the rest, in functions of its own, which
 * nothing unused is left out of.
 * @param root the project's folder, absolute
 * @param found takes the files that they name
 */
export function ownModules(root: string, found: ModuleFiles): Plugin {
  return {
    name: 'own-modules',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path.includes(`${sep}node_modules${sep}`)) return undefined;
        const text = await readFile(path, 'utf8');
        const beside = withFilesBeside(text, path, root, found);
        return { contents: withoutLazyImports(withClassNames(beside)), loader: 'ts' };
      });
    },
  };
}

function withoutLazyImports(text: string): string {
  const imports: string[] = [];
  const eager = text.replaceAll(lazyImport, (_, path: string) => {
    const name = `loadedAtStart${imports.length}`;
    imports.push(`import * as ${name} from '${path}';`);
    return `Promise.resolve(${name})`;
  });
  // On the same line, so that whatever is said of a line is said of the one in the source.
  return `${imports.join('')}${eager}`;
}
