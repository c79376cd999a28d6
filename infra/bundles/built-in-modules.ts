import { createRequire, isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/**
 * Takes Node's own modules from `process.getBuiltinModule`, and of their exports those that are used. Imported as ES modules, all
 * of their exports are asked for their values at once, and one of `node:http` loads Node's whole `fetch`: 25 ms of a cold start
 * that most functions have no use for. So, too, packages of the older form find them without the `require` that ES modules have
 * not.
 */
export const builtInModules: Plugin = {
  name: 'built-in-modules',
  setup(build) {
    const [whole, byName] = ['built-in-module', 'built-in-module-by-name'];
    build.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      const module = path.startsWith('node:') ? path : `node:${path}`;
      return { path: module, namespace: kind === 'import-statement' ? byName : whole };
    });
    build.onLoad({ filter: /.*/, namespace: whole }, ({ path }) => {
      return { contents: `module.exports = ${moduleOf(path)};`, loader: 'js' };
    });
    build.onLoad({ filter: /.*/, namespace: byName }, ({ path }) => {
      return { contents: namedExports(path), loader: 'js' };
    });
  },
};

function moduleOf(path: string): string {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}

/** Each export by a call that the bundler may leave out where nothing uses it. */
function namedExports(path: string): string {
  const names = Object.keys(require(path)).filter(
    (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default',
  );
  return [
    `const own = /* @__PURE__ */ ${moduleOf(path)};`,
    'const of = (name) => own[name];',
    'export default own;',
    ...names.map((name, index) => `const export${index} = /* @__PURE__ */ of(${JSON.stringify(name)});`),
    `export { ${names.map((name, index) => `export${index} as ${name}`).join(', ')} };`,
  ].join('\n');
}
