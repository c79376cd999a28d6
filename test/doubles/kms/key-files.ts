import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KmsKey, parseAliases, parseKey } from './key-record.ts';

/** Where keys outlive the double: a file a key and one of aliases, for their owner alone. */
export class KeyFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  }

  keys(): KmsKey[] {
    const folder = join(this.#folder, 'keys');
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    return names.map((name) => parseKey(readFileSync(join(folder, name), 'utf8')));
  }

  aliases(): Record<string, string> {
    const entries = readdirSync(this.#folder);
    if (!entries.includes('aliases.json')) return {};
    return parseAliases(readFileSync(join(this.#folder, 'aliases.json'), 'utf8'));
  }

  saveKey(key: KmsKey): void {
    this.#write(join('keys', `${key.id}.json`), key);
  }

  removeKey(id: string): void {
    rmSync(join(this.#folder, 'keys', `${id}.json`), { force: true });
  }

  saveAliases(aliases: Readonly<Record<string, string>>): void {
    this.#write('aliases.json', { aliases });
  }

  /** Whole or not at all: a file that was begun goes by another name. */
  #write(name: string, content: object): void {
    const path = join(this.#folder, name);
    writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}
