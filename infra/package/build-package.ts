import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { packageList } from '../bundles/build-bundles.ts';
import { bundleFunctions } from '../bundles/bundle-functions.ts';
import { copyDeclarations } from './declarations.ts';
import { noticesOf } from './notices.ts';

const root = resolve(import.meta.dirname, '../..');

/** What the package's user brings: a construct is of the same CDK as the app that it is in. */
const peers = ['aws-cdk-lib', 'constructs'] as const;

/** What whoever runs the service reads: each alarm names a section of the runbook, which names the others. */
const guides = ['deploy.md', 'runbook.md', 'errors.md', 'kms.md', 's3.md', 'tokens.md'] as const;

/**
 * Makes the package that an organization's own AWS CDK app installs: the construct as one module with its types, the functions as
 * bundles for either custody, and what the image of functions with a token is built from.
 * @param folder absolute; whatever is in it is removed first
 * @throws Error with what the compiler or the bundler says
 */
export function buildPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const packages = new Set<string>();
  for (const custody of ['kms', 'pkcs11'] as const) {
    const outFolder = join(folder, 'functions', custody);
    bundleFunctions({ outFolder, custody });
    for (const each of JSON.parse(readFileSync(join(outFolder, packageList), 'utf8'))) packages.add(each);
    rmSync(join(outFolder, packageList));
  }
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), noticesOf(root, [...packages]));
  buildSync({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile: join(folder, 'index.js'),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    // The oldest that the CDK itself runs on and that has `import.meta.dirname`.
    target: 'node20.11',
    format: 'esm',
    external: peers.flatMap((name) => [name, `${name}/*`]),
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  writeTypes(join(folder, 'types'));
  cpSync(join(root, 'infra/token-image'), join(folder, 'token-image'), { recursive: true });
  for (const guide of guides) cpSync(join(root, 'docs', guide), join(folder, 'docs', guide));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  cpSync(join(import.meta.dirname, 'README.md'), join(folder, 'README.md'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

/** The types of what the package gives out, and of no more: whoever uses it has none of our aliases. */
function writeTypes(folder: string): void {
  const temporary = mkdtempSync(join(tmpdir(), 'escrow-types-'));
  try {
    const project = join(import.meta.dirname, 'tsconfig.json');
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [tsc, '--project', project, '--outDir', temporary],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the types could not be made:\n${stdout}${stderr}`);
    copyDeclarations(join(temporary, 'infra'), 'package/index.d.ts', folder);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function manifest(): object {
  const { name, version, description, license, devDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const made = peers.map((peer) => [peer, `^${devDependencies[peer]}`]);
  return {
    name,
    version,
    description: `AWS CDK construct: ${description}`,
    license,
    type: 'module',
    engines: { node: '>=20.11' },
    exports: { '.': { types: './types/package/index.d.ts', default: './index.js' } },
    files: ['docs', 'functions', 'token-image', 'types', 'index.js', 'THIRD-PARTY-NOTICES'],
    peerDependencies: Object.fromEntries(made),
  };
}
