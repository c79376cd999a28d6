import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-json/aws-error.ts';
import { KeyFiles } from './key-files.ts';
import type { KmsKey } from './key-record.ts';

export interface AccountSettings {
  /** Where keys are kept; in memory alone if not given. */
  folder?: string;
  region?: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** The keys and aliases of one account in one region. */
export class Account {
  readonly region: string;
  readonly number = '111122223333';
  readonly now: () => number;
  readonly #files: KeyFiles | undefined;
  readonly #keys = new Map<string, KmsKey>();
  readonly #aliases = new Map<string, string>();

  constructor({ folder, region = 'eu-central-1', now = Date.now }: AccountSettings) {
    this.region = region;
    this.now = now;
    this.#files = folder === undefined ? undefined : new KeyFiles(folder);
    for (const key of this.#files?.keys() ?? []) this.#keys.set(key.id, key);
    for (const [alias, id] of Object.entries(this.#files?.aliases() ?? {})) this.#aliases.set(alias, id);
  }

  add(key: Pick<KmsKey, 'spec' | 'usage' | 'origin' | 'description' | 'tags'>, material?: Buffer): KmsKey {
    const id = randomUUID();
    const made: KmsKey = {
      ...key,
      id,
      arn: `${this.arnPrefix}key/${id}`,
      created: this.now(),
      state: material === undefined ? 'PendingImport' : 'Enabled',
      ...(material === undefined ? {} : { material: material.toString('base64') }),
    };
    this.#keys.set(id, made);
    this.save(made);
    return made;
  }

  save(key: KmsKey): void {
    this.#files?.saveKey(key);
  }

  get arnPrefix(): string {
    return `arn:aws:kms:${this.region}:${this.number}:`;
  }

  /**
   * The key that an identifier means.
   * @param aliases whether it may be an alias; the operations that change a key take none
   * @throws AwsError NotFoundException
   */
  find(identifier: string, { aliases = true }: { aliases?: boolean } = {}): KmsKey {
    this.#destroyDue();
    const short = identifier.startsWith(this.arnPrefix)
      ? identifier.slice(this.arnPrefix.length)
      : identifier;
    if (short.startsWith('alias/')) {
      if (!aliases) throw new AwsError('NotFoundException', `Invalid keyId '${identifier}'`);
      const target = this.#aliases.get(short);
      if (target === undefined) throw new AwsError('NotFoundException', `Alias ${identifier} is not found.`);
      return this.find(target);
    }
    const key = this.#keys.get(short.replace(/^key\//, ''));
    if (key === undefined) throw new AwsError('NotFoundException', `Key '${identifier}' does not exist`);
    return key;
  }

  keys(): KmsKey[] {
    this.#destroyDue();
    return [...this.#keys.values()];
  }

  aliases(): [alias: string, keyId: string][] {
    return [...this.#aliases];
  }

  nameKey(alias: string, key: KmsKey): void {
    if (this.#aliases.has(alias)) {
      throw new AwsError('AlreadyExistsException', `An alias with the name ${alias} already exists`);
    }
    this.#aliases.set(alias, key.id);
    this.#saveAliases();
  }

  removeAlias(alias: string): void {
    if (!this.#aliases.delete(alias)) throw new AwsError('NotFoundException', `Alias ${alias} is not found.`);
    this.#saveAliases();
  }

  /** Keys whose window has passed are gone, and their aliases with them. */
  #destroyDue(): void {
    for (const { id, deletion } of this.#keys.values()) {
      if (deletion === undefined || deletion > this.now()) continue;
      this.#keys.delete(id);
      this.#files?.removeKey(id);
      for (const [alias, target] of this.#aliases) if (target === id) this.#aliases.delete(alias);
      this.#saveAliases();
    }
  }

  #saveAliases(): void {
    this.#files?.saveAliases(Object.fromEntries(this.#aliases));
  }
}
