import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the licenses of others' packages ask to be told with their code: of each its name, version, license and the text of it.
 * @param root the project's folder
 * @param packages their folders, from the project's
 * @throws Error naming the package that says no license
 */
export function noticesOf(root: string, packages: readonly string[]): string {
  const notices = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    if (typeof license !== 'string') throw new Error(`${folder} does not say its license`);
    return `${name} ${version} (${license})\n\n${textsIn(join(root, folder)).join('\n')}`;
  });
  return `The functions' code has parts of these packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function textsIn(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files
    .filter((name) => /^(licen[cs]e|notice)/i.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
