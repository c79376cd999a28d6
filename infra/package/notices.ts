import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the licenses of others' packages ask to be told with their code: of each its name, version, license and the text of it, once
 * and in the order of names, however many folders of it there are.
 * @param root the project's folder
 * @param packages their folders, from the project's
 * @throws Error naming the package that says no license
 */
export function noticesOf(root: string, packages: readonly string[]): string {
  const texts = new Map(
    packages.map((folder) => [titleOf(root, folder), textsIn(join(root, folder)).join('\n')]),
  );
  const notices = [...texts.keys()].sort().map((title) => `${title}\n\n${texts.get(title)}`);
  return `The functions' code has parts of these packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function titleOf(root: string, folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${folder} does not say its license`);
  return `${name} ${version} (${license})`;
}

function textsIn(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files
    .filter((name) => /^(licen[cs]e|notice)/i.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
