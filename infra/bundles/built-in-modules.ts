import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Takes Node's own modules from `process.getBuiltinModule`. Imported as ES modules, every one of their exports is asked for its
 * value at once, and one of `node:http` loads Node's whole `fetch`: 25 ms of a cold start that most functions have no use for.
 * So, too, packages of the older form find them without the `require` that ES modules have not.
 */
export const builtInModules: Plugin = {
  name: 'built-in-modules',
  setup(build) {
    const namespace = 'built-in-module';
    build.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path }) => {
      if (!isBuiltin(path)) return undefined;
      return { path: path.startsWith('node:') ? path : `node:${path}`, namespace };
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
      return {
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
        loader: 'js',
      };
    });
  },
};
