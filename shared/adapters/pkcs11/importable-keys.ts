import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, keySpecs } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';
import type { ImportableKeys } from '#ports/key-provider.ts';
import { importedPublicKey } from '../imported-key.ts';
import { attempt } from './attempt.ts';
import { attributes } from './constants.ts';
import type { Attribute, Handle, Mechanism } from './cryptoki.ts';
import { wrapByRfc5649 } from './key-wrap.ts';
import type { NamedKeys } from './named-keys.ts';
import {
  createObject,
  destroyObjects,
  type KeyPairHandles,
  readFlag,
  type TokenSession,
  unwrapKey,
} from './operations.ts';
import { residentUse } from './resident-keys.ts';
import {
  broughtTransportKeyTemplate,
  type KeyPairUse,
  privateKeyTemplate,
  publicKeyTemplate,
  tersePrivateKeyTemplate,
} from './templates.ts';
import type { TokenSigner } from './token-signer.ts';

/** How keys come in. */
export interface ImportMeans {
  /** RFC 5649 as this token has it. */
  keyWrap: Mechanism;
  signer: TokenSigner;
}

export interface ImportableKeySettings extends ImportMeans {
  names: NamedKeys;
  specs: readonly KeySpec[];
}

/** A private key on its way in. */
export interface IncomingKey {
  spec: KeySpec;
  /** PKCS#8 PrivateKeyInfo, DER; the caller erases it. */
  privateKey: Secret;
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
}

/**
 * Keys from outside that become resident. The token holds them with CKA_EXTRACTABLE false and CKA_SENSITIVE true like those
 * it made, and tells the two apart: CKA_LOCAL, CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE are false (PKCS#11 2.40
 * sections 4.8 and 4.9).
 */
export function tokenImportableKeys(settings: ImportableKeySettings): ImportableKeys {
  const { names, specs } = settings;
  return {
    specs,

    async importKey(name, spec, privateKey, context) {
      if (!specs.includes(spec)) {
        throw new ProviderError('provider-incapable', { why: `the token takes no key of spec ${spec}` });
      }
      const publicKey = importedPublicKey(privateKey, spec);
      await names.create(name, spec, (token, id) =>
        bringIn(token, settings, { spec, privateKey, publicKey }, residentUse(context.purpose, id)),
      );
      return publicKey;
    },
  };
}

/**
 * Brings a private key in under a transport key, with its public half beside it, and proves by a signature that it works.
 * @throws ProviderError `provider-incapable` if it does not come in so, or does not work; nothing of it is left
 */
export async function bringIn(
  token: TokenSession,
  { keyWrap, signer }: ImportMeans,
  key: IncomingKey,
  use: KeyPairUse,
): Promise<KeyPairHandles> {
  const privateKey = await unwrapIncoming(token, keyWrap, key, use);
  const made = [privateKey];
  try {
    const publicKey = createObject(token, publicKeyTemplate(key.spec, publicKeyObject(key), use));
    made.push(publicKey);
    checkGuarded(token, privateKey);
    const { signature } = keySpecs[key.spec];
    await signer.prove(token, signature, { handle: privateKey, publicKey: () => key.publicKey });
    return { privateKey, publicKey };
  } catch (error) {
    destroyObjects(token, made);
    throw error;
  }
}

/** Under 256 random bits that the token gets for this one key: it comes in as ciphertext, in a template of its own. */
async function unwrapIncoming(
  token: TokenSession,
  keyWrap: Mechanism,
  key: IncomingKey,
  use: KeyPairUse,
): Promise<Handle> {
  const value = randomBytes(32);
  try {
    const transportKey = createObject(token, broughtTransportKeyTemplate(value, 'unwrap'));
    try {
      const wrapped = wrapByRfc5649(value, key.privateKey.bytes());
      const into = (template: Attribute[]) => unwrapKey(token, keyWrap, transportKey, wrapped, template);
      const tried = await attempt(() => into(privateKeyTemplate(key.spec, use)));
      return tried.works ? tried.value : await into(tersePrivateKeyTemplate(key.spec, use));
    } finally {
      destroyObjects(token, [transportKey]);
    }
  } finally {
    value.fill(0);
  }
}

/** A token may ignore what a template says of an unwrapped key. */
function checkGuarded(token: TokenSession, privateKey: Handle): void {
  const guarded =
    readFlag(token, privateKey, attributes.CKA_SENSITIVE) &&
    !readFlag(token, privateKey, attributes.CKA_EXTRACTABLE);
  if (guarded) return;
  throw new ProviderError('provider-incapable', {
    why: 'the token does not keep a key inside that was brought in',
  });
}

function publicKeyObject({ publicKey }: IncomingKey): KeyObject {
  return createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
}
