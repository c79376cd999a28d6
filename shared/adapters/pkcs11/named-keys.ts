import { createHash } from 'node:crypto';
import { ProviderError, StateError } from '#domain/errors.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import { isKeyName } from '../key-name.ts';
import { objectClasses } from './constants.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { returnValueOf } from './errors.ts';
import { destroyObjects, findObjects, type TokenSession } from './operations.ts';
import { readKeySpec } from './public-key.ts';
import type { SessionPool } from './session-pool.ts';
import { template } from './templates.ts';

export interface NamedKeySettings {
  cryptoki: Cryptoki;
  /** Sessions to work with keys on. */
  pool: SessionPool;
  /** Sessions to make and destroy keys on. */
  writers: SessionPool;
}

/** A private key that stands in the token. */
export interface NamedKey {
  handle: Handle;
  /** Undefined if it is none of ours. */
  spec: KeySpec | undefined;
}

/** More handles than this are not remembered; the oldest is looked up again. */
const rememberedHandles = 10_000;

/**
 * The private keys that stand in the token under names of the caller, made there or brought there. The CKA_ID is the
 * SHA-256 of the name, so that every token takes it. A key is found once and its handle remembered.
 */
export class NamedKeys {
  readonly #settings: NamedKeySettings;
  readonly #found = new Map<string, NamedKey>();
  readonly #making = new Set<string>();

  constructor(settings: NamedKeySettings) {
    this.#settings = settings;
  }

  /**
   * Makes a key under a free name.
   * @param make makes it with this CKA_ID, or leaves nothing behind
   * @returns what `make` returns
   * @throws ProviderError `provider-incapable` for a name that no key can have
   * @throws StateError `already-exists` if the name is taken, or somebody is about to take it
   */
  async create<T extends { privateKey: Handle }>(
    name: string,
    spec: KeySpec,
    make: (token: TokenSession, id: Buffer) => Promise<T>,
  ): Promise<T> {
    checkName(name);
    if (this.#making.has(name)) throw nameTaken();
    this.#making.add(name);
    try {
      return await this.#use(this.#settings.writers, async (token) => {
        if (findByName(token, name) !== undefined) throw nameTaken();
        const made = await make(token, keyId(name));
        this.#remember(name, { handle: made.privateKey, spec });
        return made;
      });
    } finally {
      this.#making.delete(name);
    }
  }

  /**
   * Works with the key of a name; a handle that the token no longer knows is looked up once more.
   * @throws ProviderError `key-not-found`
   */
  async use<T>(name: string, work: (token: TokenSession, key: NamedKey) => Promise<T>): Promise<T> {
    return this.#use(this.#settings.pool, async (token) => {
      const known = this.#found.get(name);
      if (known !== undefined) {
        try {
          return await work(token, known);
        } catch (error) {
          if (!/^CKR_(KEY|OBJECT)_HANDLE_INVALID$/.test(returnValueOf(error) ?? '')) throw error;
          this.#found.delete(name);
        }
      }
      return work(token, this.#find(token, name));
    });
  }

  /** Destroys both halves of the key of a name; nothing there is success. */
  async discard(name: string): Promise<void> {
    if (!isKeyName(name)) return;
    this.#found.delete(name);
    await this.#use(this.#settings.writers, (token) =>
      destroyObjects(token, findObjects(token, template({ CKA_ID: keyId(name) }))),
    );
  }

  #find(token: TokenSession, name: string): NamedKey {
    const handle = isKeyName(name) ? findByName(token, name) : undefined;
    if (handle === undefined) throw new ProviderError('key-not-found');
    const found = { handle, spec: readKeySpec(token, handle) };
    this.#remember(name, found);
    return found;
  }

  #remember(name: string, key: NamedKey): void {
    const [oldest] = this.#found.keys();
    if (this.#found.size >= rememberedHandles && oldest !== undefined) this.#found.delete(oldest);
    this.#found.set(name, key);
  }

  #use<T>(pool: SessionPool, work: (token: TokenSession) => Promise<T> | T): Promise<T> {
    const { cryptoki } = this.#settings;
    return pool.use((session) => work({ cryptoki, session }));
  }
}

/** The CKA_ID of the key of a name. */
export function keyId(name: string): Buffer {
  return createHash('sha256').update(name).digest();
}

function findByName(token: TokenSession, name: string): Handle | undefined {
  const wanted = { CKA_CLASS: objectClasses.CKO_PRIVATE_KEY, CKA_TOKEN: true, CKA_ID: keyId(name) };
  return findObjects(token, template(wanted))[0];
}

function checkName(name: string): void {
  if (isKeyName(name)) return;
  throw new ProviderError('provider-incapable', {
    field: 'name',
    why: 'is no name for a key: letters, digits, dots, hyphens and underscores, at most 128',
  });
}

function nameTaken(): StateError {
  return new StateError('already-exists', { why: 'a resident key of this name exists' });
}
