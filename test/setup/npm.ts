import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Run } from './run.ts';

/**
 * The path of npm's own program: that which runs this script, else the one on the PATH; undefined where there is none.
 * @param path as the variable PATH has it
 */
export function findNpm(path: string, run: Run): string | undefined {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('npm-cli.js')) return realpathSync(running);
  const found = path
    .split(delimiter)
    .map((folder) => join(folder, 'npm'))
    .find((file) => existsSync(file));
  return found !== undefined && run([found, '--version']).status === 0 ? realpathSync(found) : undefined;
}
