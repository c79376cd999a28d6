import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `from './props.ts'`, or `import("./props.ts")`. */
const named = /(from |import\()(['"])([^'"]+)\2/g;

/**
 * Copies a declaration file and those that it names, with their paths as compiled modules have them.
 * @param from the folder of the compiler's output
 * @param path of the file in it
 * @param to the folder that gets them
 * @throws Error where a declaration names a module by an alias of ours, which nobody else has
 */
export function copyDeclarations(from: string, path: string, to: string, copied = new Set<string>()): void {
  if (copied.has(path)) return;
  copied.add(path);
  const text = readFileSync(join(from, path), 'utf8').replaceAll(
    named,
    (_, before: string, quote: string, module: string) => {
      if (module.startsWith('#')) throw new Error(`${path}: the type of ${module} is given out`);
      if (!module.startsWith('.')) return `${before}${quote}${module}${quote}`;
      copyDeclarations(from, join(dirname(path), module.replace(/\.ts$/, '.d.ts')), to, copied);
      return `${before}${quote}${module.replace(/\.ts$/, '.js')}${quote}`;
    },
  );
  mkdirSync(dirname(join(to, path)), { recursive: true });
  writeFileSync(join(to, path), text);
}
