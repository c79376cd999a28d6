import { isBuiltin } from 'node:module';
import { sep } from 'node:path';
import type { Plugin } from 'esbuild';
import type { ModuleFiles } from './module-files.ts';

/**
 * Bundles each package that our modules load by `import()`, which they do only when they need it, as a file of its own: within
 * the bundle, it would be read at every start.
 * @param found takes each such package, by the name of its file
 */
export function lazyPackages(found: ModuleFiles): Plugin {
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter: /^[@a-z]/ }, ({ path, kind, importer }) => {
        const ours = !importer.includes(`${sep}node_modules${sep}`);
        if (!ours || kind !== 'dynamic-import' || isBuiltin(path) || external(path)) return undefined;
        const name = `${path.replace('@', '').replaceAll('/', '-')}.mjs`;
        found.set(name, { source: path, name, code: true });
        return { path: `./${name}`, external: true };
      });
      const external = (path: string) => build.initialOptions.external?.includes(path) ?? false;
    },
  };
}
