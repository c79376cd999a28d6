import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, type SignatureAlgorithm, signaturesOf } from '#domain/key-spec.ts';
import { type Purpose, purposeNames, purposes } from '#domain/purpose.ts';
import type { KeyContext, ResidentKeys } from '#ports/key-provider.ts';
import { attributes } from './constants.ts';
import type { Handle } from './cryptoki.ts';
import type { NamedKeys } from './named-keys.ts';
import {
  destroyObjects,
  generateKeyPair,
  type KeyPairHandles,
  readFlag,
  type TokenSession,
} from './operations.ts';
import { readPublicKey, subjectPublicKeyInfo } from './public-key.ts';
import { type KeyPairUse, keyPairTemplates } from './templates.ts';
import { publicHalfOf } from './token-keys.ts';
import type { TokenSigner } from './token-signer.ts';

export interface ResidentKeySettings {
  names: NamedKeys;
  specs: readonly KeySpec[];
  signer: TokenSigner;
}

/**
 * Keys that stand in the token with CKA_EXTRACTABLE false and CKA_SENSITIVE true, from their making on, or from their
 * import on. The CKA_LABEL is that of the purpose. A name is never reused: StateError `already-exists`.
 */
export class TokenResidentKeys implements ResidentKeys {
  readonly specs: readonly KeySpec[];
  readonly purposes = purposes;
  readonly #settings: ResidentKeySettings;

  constructor(settings: ResidentKeySettings) {
    this.specs = settings.specs;
    this.#settings = settings;
  }

  async generate(name: string, spec: KeySpec, context: KeyContext): Promise<Uint8Array> {
    if (!this.specs.includes(spec)) throw incapable(`the token makes no key of spec ${spec}`);
    const made = await this.#settings.names.create(name, spec, (token, id) =>
      makeResidentKey(token, spec, residentUse(context.purpose, id)),
    );
    return made.publicKeyInfo;
  }

  async sign(name: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    return this.#settings.names.use(name, (token, { handle, spec }) => {
      if (spec === undefined || !signaturesOf(spec).includes(algorithm)) {
        throw incapable(`a key of spec ${spec ?? 'unknown'} does not sign so`);
      }
      const publicKey = () => subjectPublicKeyInfo(readPublicKey(token, publicHalfOf(token, handle), spec));
      return this.#settings.signer.sign(token, algorithm, { handle, publicKey }, message);
    });
  }

  discard(name: string): Promise<void> {
    return this.#settings.names.discard(name);
  }
}

/** How a key of a purpose stands in the token for good. */
export function residentUse(purpose: Purpose, id: Buffer): KeyPairUse {
  return { purpose, resident: true, standing: { label: purposeNames[purpose].label, id } };
}

/**
 * Makes a key pair that has never been outside, by the token's own word: CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE
 * (PKCS#11 2.40 section 4.9).
 * @returns its halves, and the DER SubjectPublicKeyInfo
 * @throws ProviderError `provider-incapable` if the token does not say so; the pair is destroyed
 */
export async function makeResidentKey(
  token: TokenSession,
  spec: KeySpec,
  use: KeyPairUse,
): Promise<KeyPairHandles & { publicKeyInfo: Uint8Array }> {
  const make = keyPairTemplates(spec, use);
  const pair = await generateKeyPair(token, make.mechanism, make.publicTemplate, make.privateTemplate);
  if (!neverLeft(token, pair.privateKey)) {
    destroyObjects(token, [pair.publicKey, pair.privateKey]);
    throw incapable('the token does not keep a private key inside from its making on');
  }
  return { ...pair, publicKeyInfo: subjectPublicKeyInfo(readPublicKey(token, pair.publicKey, spec)) };
}

function neverLeft(token: TokenSession, privateKey: Handle): boolean {
  return (
    readFlag(token, privateKey, attributes.CKA_ALWAYS_SENSITIVE) &&
    readFlag(token, privateKey, attributes.CKA_NEVER_EXTRACTABLE)
  );
}

function incapable(why: string): ProviderError {
  return new ProviderError('provider-incapable', { why });
}
