import { randomBytes } from 'node:crypto';
import type { KeySpec } from '#domain/key-spec.ts';
import type { Purpose } from '#domain/purpose.ts';
import { attempt } from './attempt.ts';
import type { Attribute, Handle } from './cryptoki.ts';
import {
  destroyObjects,
  generateKey,
  generateKeyPair,
  type KeyPairHandles,
  type TokenSession,
} from './operations.ts';
import { readPublicKey, subjectPublicKeyInfo } from './public-key.ts';
import { makeResidentKey } from './resident-keys.ts';
import { keyPairTemplates, type Standing } from './templates.ts';

export interface ThrowAwayPair extends KeyPairHandles {
  publicKeyInfo: Uint8Array;
}

/**
 * Keys to try a token with. They are session objects where the token takes such, and otherwise stand in it under a label of
 * their own; all are destroyed by `destroy`.
 */
export class ThrowAwayKeys {
  readonly #token: TokenSession;
  readonly #made: Handle[] = [];

  constructor(token: TokenSession) {
    this.#token = token;
  }

  /** @throws what the token answers */
  async pair(spec: KeySpec, purpose: Purpose, resident: boolean): Promise<ThrowAwayPair> {
    const pair = await this.#make((standing) => {
      const use = { purpose, resident, standing };
      return resident ? makeResidentKey(this.#token, spec, use) : this.#extractable(spec, use);
    });
    this.keep(pair.privateKey);
    this.keep(pair.publicKey);
    return pair;
  }

  /** @throws what the token answers */
  async secret(mechanism: number, template: (standing?: Standing) => Attribute[]): Promise<Handle> {
    return this.keep(await this.#make((standing) => generateKey(this.#token, mechanism, template(standing))));
  }

  /** Has an object destroyed with the others. */
  keep(object: Handle): Handle {
    this.#made.push(object);
    return object;
  }

  destroy(): void {
    destroyObjects(this.#token, this.#made.splice(0));
  }

  async #make<T>(make: (standing?: Standing) => Promise<T>): Promise<T> {
    const tried = await attempt(() => make());
    return tried.works ? tried.value : make({ label: 'escrow-probe', id: randomBytes(16) });
  }

  async #extractable(
    spec: KeySpec,
    use: { purpose: Purpose; resident: boolean; standing?: Standing | undefined },
  ): Promise<ThrowAwayPair> {
    const make = keyPairTemplates(spec, use);
    const pair = await generateKeyPair(
      this.#token,
      make.mechanism,
      make.publicTemplate,
      make.privateTemplate,
    );
    return { ...pair, publicKeyInfo: subjectPublicKeyInfo(readPublicKey(this.#token, pair.publicKey, spec)) };
  }
}
