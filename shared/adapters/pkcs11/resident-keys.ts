import { createHash } from 'node:crypto';
import { ProviderError, StateError } from '#domain/errors.ts';
import { type KeySpec, keySpecs, type SignatureAlgorithm } from '#domain/key-spec.ts';
import { purposeNames } from '#domain/purpose.ts';
import type { KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { isKeyName } from '../key-name.ts';
import type { TokenCapabilities } from './capabilities.ts';
import { attributes, objectClasses } from './constants.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { returnValueOf } from './errors.ts';
import {
  destroyObjects,
  findObjects,
  generateKeyPair,
  readFlag,
  sign,
  type TokenSession,
} from './operations.ts';
import { readKeySpec, readPublicKey, subjectPublicKeyInfo } from './public-key.ts';
import type { SessionPool } from './session-pool.ts';
import { ecdsaSignatureValue, signatureStrategy } from './signatures.ts';
import { keyPairTemplates, template } from './templates.ts';

export interface ResidentKeySettings {
  cryptoki: Cryptoki;
  /** Sessions to sign on. */
  pool: SessionPool;
  /** Sessions to make and destroy keys on. */
  writers: SessionPool;
  capabilities: TokenCapabilities;
}

interface FoundKey {
  handle: Handle;
  spec: KeySpec | undefined;
}

/** More handles than this are not remembered; the oldest is looked up again. */
const rememberedHandles = 10_000;

/**
 * Keys that stand in the token with CKA_EXTRACTABLE false and CKA_SENSITIVE true, from their making on. The CKA_LABEL is
 * that of the purpose, and the CKA_ID is the SHA-256 of the name, so that every token takes it. A name is never reused:
 * StateError `already-exists`.
 */
export class TokenResidentKeys implements ResidentKeys {
  readonly specs: readonly KeySpec[];
  readonly #settings: ResidentKeySettings;
  readonly #found = new Map<string, FoundKey>();
  readonly #making = new Set<string>();

  constructor(settings: ResidentKeySettings) {
    this.specs = settings.capabilities.specs;
    this.#settings = settings;
  }

  async generate(name: string, spec: KeySpec, context: KeyContext): Promise<Uint8Array> {
    checkName(name);
    if (!this.specs.includes(spec)) throw incapable(`the token makes no key of spec ${spec}`);
    if (this.#making.has(name)) throw nameTaken();
    this.#making.add(name);
    try {
      return await this.#use(this.#settings.writers, (token) => this.#generate(token, name, spec, context));
    } finally {
      this.#making.delete(name);
    }
  }

  async sign(name: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    const strategy = signatureStrategy(algorithm, this.#settings.capabilities.available);
    if (strategy === undefined) throw incapable('the token does not sign so');
    const raw = await this.#use(this.#settings.pool, (token) =>
      this.#withKey(token, name, ({ handle, spec }) => {
        if (spec === undefined || keySpecs[spec].signature !== algorithm) {
          throw incapable(`a key of spec ${spec ?? 'unknown'} does not sign so`);
        }
        return sign(token, strategy.mechanism, handle, strategy.input(message));
      }),
    );
    return algorithm === 'RSA_PKCS1_SHA256' ? raw : ecdsaSignatureValue(raw);
  }

  async discard(name: string): Promise<void> {
    if (!isKeyName(name)) return;
    this.#found.delete(name);
    await this.#use(this.#settings.writers, (token) =>
      destroyObjects(token, findObjects(token, template({ CKA_ID: keyId(name) }))),
    );
  }

  async #generate(
    token: TokenSession,
    name: string,
    spec: KeySpec,
    context: KeyContext,
  ): Promise<Uint8Array> {
    if (findByName(token, name) !== undefined) throw nameTaken();
    const resident = { label: purposeNames[context.purpose].label, id: keyId(name) };
    const make = keyPairTemplates(spec, { resident, purpose: context.purpose });
    const pair = await generateKeyPair(token, make.mechanism, make.publicTemplate, make.privateTemplate);
    if (!neverLeft(token, pair.privateKey)) {
      destroyObjects(token, [pair.publicKey, pair.privateKey]);
      throw incapable('the token does not keep a private key inside from its making on');
    }
    this.#remember(name, { handle: pair.privateKey, spec });
    return subjectPublicKeyInfo(readPublicKey(token, pair.publicKey, spec));
  }

  /** Works with the key of a name; a handle that the token no longer knows is looked up once more. */
  async #withKey<T>(token: TokenSession, name: string, work: (key: FoundKey) => Promise<T>): Promise<T> {
    const known = this.#found.get(name);
    if (known !== undefined) {
      try {
        return await work(known);
      } catch (error) {
        if (!/^CKR_(KEY|OBJECT)_HANDLE_INVALID$/.test(returnValueOf(error) ?? '')) throw error;
        this.#found.delete(name);
      }
    }
    const handle = isKeyName(name) ? findByName(token, name) : undefined;
    if (handle === undefined) throw new ProviderError('key-not-found');
    const found = { handle, spec: readKeySpec(token, handle) };
    this.#remember(name, found);
    return work(found);
  }

  #remember(name: string, key: FoundKey): void {
    const [oldest] = this.#found.keys();
    if (this.#found.size >= rememberedHandles && oldest !== undefined) this.#found.delete(oldest);
    this.#found.set(name, key);
  }

  #use<T>(pool: SessionPool, work: (token: TokenSession) => Promise<T> | T): Promise<T> {
    const { cryptoki } = this.#settings;
    return pool.use((session) => work({ cryptoki, session }));
  }
}

/** The CKA_ID of a resident key. */
export function keyId(name: string): Buffer {
  return createHash('sha256').update(name).digest();
}

function findByName(token: TokenSession, name: string): Handle | undefined {
  const wanted = { CKA_CLASS: objectClasses.CKO_PRIVATE_KEY, CKA_TOKEN: true, CKA_ID: keyId(name) };
  return findObjects(token, template(wanted))[0];
}

function neverLeft(token: TokenSession, privateKey: Handle): boolean {
  return (
    readFlag(token, privateKey, attributes.CKA_ALWAYS_SENSITIVE) &&
    readFlag(token, privateKey, attributes.CKA_NEVER_EXTRACTABLE)
  );
}

function checkName(name: string): void {
  if (isKeyName(name)) return;
  throw new ProviderError('provider-incapable', {
    field: 'name',
    why: 'is no name for a key: letters, digits, dots, hyphens and underscores, at most 128',
  });
}

function incapable(why: string): ProviderError {
  return new ProviderError('provider-incapable', { why });
}

function nameTaken(): StateError {
  return new StateError('already-exists', { why: 'a resident key of this name exists' });
}
