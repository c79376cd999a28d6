import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/**
 * The folder where the person stands who started this program: relative paths that they type mean files there. npm runs the scripts
 * of a package in the package's folder, and leaves the other one's path in INIT_CWD.
 * @param script the name of the npm script that runs this program; what another one left in the environment is not meant for it
 * @returns an absolute path; undefined for the working folder: without npm, or where what npm says is no folder that can be entered
 */
export function personsFolder(
  script: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { npm_lifecycle_event: runs, INIT_CWD: folder = '' } = environment;
  return runs === script && isAbsolute(folder) && canBeEntered(folder) ? folder : undefined;
}

function canBeEntered(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}
