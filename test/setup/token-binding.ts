import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { findNpm } from './npm.ts';
import { type Machine, type Run, SetUpProblem } from './run.ts';

const nativePackage = 'pkcs11js';
const bindingPackages = ['graphene-pk11', nativePackage];

/**
 * Makes sure that the token binding loads under the Node that runs this. It is an optional dependency: where its build
 * failed, npm has taken it away again, so the locked versions are fetched without running scripts, and the native part is
 * built against the headers that came with this Node.
 * @param root the project's folder
 * @throws SetUpProblem where it cannot be fetched, or does not build or load
 */
export function ensureTokenBinding(root: string, { path, run, say }: Machine): void {
  if (loads(root, run).status === 0) return;
  const npm = findNpm(path, run);
  if (npm === undefined) throw problem('npm is not on the PATH.');
  if (bindingPackages.some((name) => installedVersion(root, name) !== lockedVersion(root, name))) {
    say(`fetching ${bindingPackages.map((name) => `${name} ${lockedVersion(root, name)}`).join(' and ')}`);
    fetchLocked(root, npm, run);
  }
  say(`building ${nativePackage} ${lockedVersion(root, nativePackage)} for Node ${process.version}`);
  build(root, npm, run);
  const { status, output } = loads(root, run);
  if (status !== 0) throw problem(`The token binding was built and does not load:\n${output}`);
}

/** Loads the binding in a process of its own, which a broken native part may end. */
function loads(root: string, run: Run) {
  return run([process.execPath, '-e', "require('graphene-pk11')"], { cwd: root });
}

function fetchLocked(root: string, npm: string, run: Run): void {
  const command = [
    process.execPath,
    npm,
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  const { status, output } = run(command, { cwd: root });
  const absent = bindingPackages.filter((name) => installedVersion(root, name) !== lockedVersion(root, name));
  if (status === 0 && absent.length === 0) return;
  throw problem(`npm could not fetch ${absent.join(' and ')}:\n${output}`);
}

function build(root: string, npm: string, run: Run): void {
  const headers = resolve(process.execPath, '../..');
  if (!existsSync(join(headers, 'include/node/node_api.h'))) {
    throw problem(`Node's headers are not beside ${process.execPath}, where the pinned Node has them.`);
  }
  const nodeGyp = createRequire(npm).resolve('node-gyp/bin/node-gyp.js');
  // Settings of npm reach node-gyp by the environment, and go before its flags.
  const env = { ...process.env, npm_config_nodedir: headers };
  const cwd = join(root, 'node_modules', nativePackage);
  const { status, output } = run([process.execPath, nodeGyp, 'rebuild', `--nodedir=${headers}`], {
    cwd,
    env,
  });
  if (status !== 0) throw problem(`The token binding does not build:\n${output.slice(-4_000)}`);
}

function installedVersion(root: string, name: string): string | undefined {
  const file = join(root, 'node_modules', name, 'package.json');
  return existsSync(file) ? versionIn(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

function lockedVersion(root: string, name: string): string | undefined {
  const lock: { packages?: Record<string, unknown> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  return versionIn(lock.packages?.[`node_modules/${name}`]);
}

function versionIn(entry: unknown): string | undefined {
  const named = typeof entry === 'object' && entry !== null && 'version' in entry ? entry.version : undefined;
  return typeof named === 'string' ? named : undefined;
}

function problem(message: string): SetUpProblem {
  return new SetUpProblem(message, 'npm ci');
}
