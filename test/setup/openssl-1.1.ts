import { join } from 'node:path';
import { findNpm } from './npm.ts';
import { type Machine, type Run, SetUpProblem } from './run.ts';

/** The folder, within the project's own, of the small package that brings a Node with OpenSSL 1.1.1. */
export const openssl11Package = 'test/openssl-1.1';

/** The path of that Node. @param root the project's folder */
export function openssl11Node(root: string): string {
  return join(root, openssl11Package, 'node_modules/.bin/node');
}

/**
 * Makes sure that OpenSSL 1.1.1 is there, as Node 16 carries it: fetches the locked version where it lacks.
 * @param root the project's folder
 * @throws SetUpProblem where it cannot be fetched, or does not run
 */
export function ensureOpenssl11(root: string, { path, run, say }: Machine): void {
  if (isThere(root, run)) return;
  const npm = findNpm(path, run);
  if (npm === undefined) throw problem('npm is not on the PATH.');
  say('fetching Node 16, which carries OpenSSL 1.1.1');
  const folder = join(root, openssl11Package);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, output } = run([process.execPath, npm, 'ci', '--prefix', folder, ...options], {
    cwd: folder,
  });
  if (status !== 0) throw problem(`npm could not fetch Node 16, which carries OpenSSL 1.1.1:\n${output}`);
  // The packages are optional, one for each system: where none fits, npm says nothing.
  if (!isThere(root, run)) {
    throw problem(`Node 16 was fetched, and does not run here (${process.platform} ${process.arch}).`);
  }
}

/** Whether that Node runs, and with that OpenSSL. */
function isThere(root: string, run: Run): boolean {
  const { status, output } = run([openssl11Node(root), '-p', 'process.versions.openssl']);
  return status === 0 && output.startsWith('1.1.1');
}

function problem(message: string): SetUpProblem {
  return new SetUpProblem(message, `npm ci --prefix ${openssl11Package}`);
}
