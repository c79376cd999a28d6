import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = import.meta.dirname;
const sources = ['interposer.c', 'script.c'];
const headers = ['functions.h', 'script.h'];
const options = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fvisibility=hidden',
  '-shared',
  '-fPIC',
];
const libraries = ['-lpthread', '-ldl'];

/** Where the binding has the headers of PKCS#11 2.40. */
const pkcs11Headers = join(dirname(fileURLToPath(import.meta.resolve('pkcs11js'))), 'includes');

/**
 * Builds the interposer with the machine's C compiler, unless it is there already for these sources. Several processes may
 * do so at once: each builds a file of its own, and the last one put in place stays.
 * @returns path of the PKCS#11 module
 */
export async function buildInterposer(): Promise<string> {
  const build = join(folder, 'build');
  const module = join(build, `pkcs11-interposer-${await fingerprint()}.so`);
  if (existsSync(module)) return module;
  await mkdir(build, { recursive: true });
  const unfinished = `${module}.${randomUUID()}`;
  const files = sources.map((name) => join(folder, name));
  await promisify(execFile)('cc', [
    ...options,
    `-I${pkcs11Headers}`,
    '-o',
    unfinished,
    ...files,
    ...libraries,
  ]);
  await rename(unfinished, module);
  return module;
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(options.join(' '));
  for (const name of [...sources, ...headers]) hash.update(await readFile(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}
