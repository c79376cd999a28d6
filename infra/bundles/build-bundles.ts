import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { builtInModules } from './built-in-modules.ts';
import { lazyPackages } from './lazy-packages.ts';
import { leanAwsSdk } from './lean-aws-sdk.ts';
import { leanForge } from './lean-forge.ts';
import type { ModuleFiles } from './module-files.ts';
import { type Custody, oneCustody } from './one-custody.ts';
import { ownModules } from './own-modules.ts';

const root = resolve(import.meta.dirname, '../..');

export interface BundleRequest {
  /** Modules of `sources`, without their extension: `read-csr/handler`. */
  entries: readonly string[];
  /** Absolute; the project's `lambdas` if not given. */
  sources?: string;
  /** Absolute. Whatever is in it is removed first. */
  outFolder: string;
  /** What only the other needs is left out. */
  custody: Custody;
}

/** Bundled code, by the name that it is asked for under. */
type Texts = ReadonlyMap<string, string>;

/** What one build is for, and what it came upon. */
interface Build {
  custody: Custody;
  files: ModuleFiles;
  /** Folders, from the project's, of the packages that have a part in any bundle. */
  packages: Set<string>;
}

/** Beside the functions' folders: the packages that have a part in them, as a list in JSON. */
export const packageList = 'packages.json';

/**
 * Bundles functions as ES modules for the Node of AWS Lambda: for each a folder with `index.mjs`, which exports `handler`, and
 * beside it the files that its code starts or reads. The same sources make the same bytes.
 * @throws Error of esbuild's, naming what does not parse or resolve
 */
export async function buildBundles(request: BundleRequest): Promise<void> {
  const { entries, sources = join(root, 'lambdas'), outFolder, custody } = request;
  const made: Build = { custody, files: new Map(), packages: new Set() };
  const modules = new Map(entries.map((entry) => [entry, join(sources, `${entry}.ts`)]));
  const bundles = await bundled(modules, made);
  const beside = await bundledFiles(made);
  await rm(outFolder, { recursive: true, force: true });
  for (const [entry, text] of bundles) {
    const folder = join(outFolder, entry);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'index.mjs'), text);
    await writeBeside(folder, text, made.files, beside);
  }
  await writeFile(join(outFolder, packageList), JSON.stringify([...made.packages].sort()));
}

/** The code among the files that modules name, and that which such code names in turn. */
async function bundledFiles(made: Build): Promise<Texts> {
  const done = new Map<string, string>();
  for (;;) {
    const next = [...made.files.values()].filter(({ name, code }) => code && !done.has(name));
    if (next.length === 0) return done;
    const modules = new Map(next.map(({ name, source }) => [name, source]));
    for (const [name, text] of await bundled(modules, made)) done.set(name, text);
  }
}

/** Writes what a bundled text names beside it, and what that names in turn. */
async function writeBeside(folder: string, text: string, files: ModuleFiles, beside: Texts): Promise<void> {
  for (const { name, source } of files.values()) {
    if (!text.includes(`./${name}"`)) continue;
    const code = beside.get(name);
    if (code === undefined) await copyFile(source, join(folder, name));
    else {
      await writeFile(join(folder, name), code);
      await writeBeside(folder, code, files, beside);
    }
  }
}

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The form as ES modules first: what nothing uses of it is left out.
  mainFields: ['module', 'main'],
  // The shorter, the sooner it is read. Names of classes that are told by name stay: `class-names.ts`.
  minify: true,
  legalComments: 'none',
  // What a tsconfig.json says is for the type checker.
  tsconfigRaw: {},
  // Native; only where a token holds the keys, and then installed beside.
  external: ['graphene-pk11'],
  logLevel: 'silent',
  write: false,
};

/** @param modules absolute paths, or names of packages, by name @param made takes note of what is come upon */
async function bundled(modules: ReadonlyMap<string, string>, made: Build): Promise<Texts> {
  const { outputFiles = [], metafile } = await build({
    ...options,
    entryPoints: [...modules].map(([out, path]) => ({ in: path, out })),
    outdir: root,
    outExtension: { '.js': '.mjs' },
    metafile: true,
    plugins: [
      packageNames,
      builtInModules,
      leanAwsSdk,
      leanForge,
      oneCustody(made.custody),
      lazyPackages(made.files),
      ownModules(root, made.files),
    ],
  });
  for (const { inputs } of Object.values(metafile?.outputs ?? {})) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = packageFolder.exec(path) ?? [];
      if (folder !== undefined && bytesInOutput > 0) made.packages.add(folder);
    }
  }
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  return new Map([...modules.keys()].map((name) => [name, texts.get(join(root, `${name}.mjs`)) ?? '']));
}

/** Of the package that a file is in, which may be in that of another. */
const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** Of a package.json its name and version are used, the project's own and the AWS SDK's; the rest stays out. */
const packageNames: Plugin = {
  name: 'package-names',
  setup(build) {
    build.onLoad({ filter: /[\\/]package\.json$/ }, async ({ path }) => {
      const { name, version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};
