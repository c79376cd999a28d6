import { randomBytes } from 'node:crypto';
import type { TokenCapabilities } from './capabilities.ts';
import { hashes, labelSource } from './constants.ts';
import type { Handle, Mechanism } from './cryptoki.ts';
import type { EphemeralRsaKey, OaepHash } from './ephemeral-rsa-key.ts';
import { keyWrapName, openRfc5649 } from './key-wrap.ts';
import { mechanisms } from './mechanisms.ts';
import { createObject, destroyObjects, generateKey, type TokenSession, wrapKey } from './operations.ts';
import {
  broughtTransportKeyTemplate,
  madeTransportKeyTemplate,
  wrappingPublicKeyTemplate,
} from './templates.ts';

/** One way to take an extractable private key out of the token into memory. */
export interface ExportWay {
  /** 1: RSA-AES to an ephemeral public key of ours. 2: under a transport key that we bring. */
  rung: 1 | 2;
  /** The mechanisms, in words. */
  words: string;
  /** RFC 5649 as this token has it. */
  keyWrap: Mechanism;
  /**
   * @param ephemeralKey what rung 1 wraps to
   * @returns PrivateKeyInfo as the token encodes it, to be erased by the caller
   */
  take(token: TokenSession, privateKey: Handle, ephemeralKey: EphemeralRsaKey): Promise<Uint8Array>;
}

/**
 * The ways that the token's list of mechanisms allows, in the order in which they are to be tried: rung by rung, and
 * on each by the number that RFC 5649 may have. Below them there is only: no export.
 *
 * Rung 1 comes first since the transport key is made in the token and never stands in a template of ours: it leaves wrapped
 * to a key whose private half is ours alone. Its two mechanisms give the bytes of CKM_RSA_AES_KEY_WRAP (PKCS#11 3.0 section
 * 2.1.21); that one has a parameter which the binding cannot pass. OAEP has SHA-256 where the token takes it, else SHA-1.
 * Rung 2 needs a token that takes a secret key from outside, and a transport key that stands in our memory.
 */
export function exportWays(capabilities: TokenCapabilities): ExportWay[] {
  const { keyWraps } = capabilities;
  const oaepHashes = capabilities.mechanisms.has(mechanisms.CKM_RSA_PKCS_OAEP)
    ? (['sha256', 'sha1'] as const)
    : [];
  return [
    ...keyWraps.flatMap((keyWrap) => oaepHashes.map((hash) => rsaAesWay(keyWrap, hash))),
    ...keyWraps.map(broughtKeyWay),
  ];
}

function rsaAesWay(keyWrap: Mechanism, hash: OaepHash): ExportWay {
  return {
    rung: 1,
    words: `CKM_RSA_PKCS_OAEP (${hash === 'sha1' ? 'SHA-1' : 'SHA-256'}) to an ephemeral RSA-3072 key, and ${keyWrapName(keyWrap)}`,
    keyWrap,
    take: (token, privateKey, ephemeralKey) =>
      withObjects(token, async (made) => {
        const pair = await ephemeralKey.take();
        const publicKey = made(
          createObject(token, wrappingPublicKeyTemplate(pair.modulus, pair.publicExponent)),
        );
        const transportKey = made(
          await generateKey(token, mechanisms.CKM_AES_KEY_GEN, madeTransportKeyTemplate()),
        );
        const sealed = await wrapKey(token, oaep(hash), publicKey, transportKey);
        const wrapped = await wrapKey(token, keyWrap, transportKey, privateKey);
        return openErasing(await pair.open(hash, sealed), wrapped);
      }),
  };
}

function broughtKeyWay(keyWrap: Mechanism): ExportWay {
  return {
    rung: 2,
    words: `a transport key brought into the token, and ${keyWrapName(keyWrap)}`,
    keyWrap,
    take: (token, privateKey) =>
      withObjects(token, async (made) => {
        const value = randomBytes(32);
        try {
          const transportKey = made(createObject(token, broughtTransportKeyTemplate(value, 'wrap')));
          const wrapped = await wrapKey(token, keyWrap, transportKey, privateKey);
          return openRfc5649(value, wrapped);
        } finally {
          // The binding's own copy of the template is freed, not overwritten.
          value.fill(0);
        }
      }),
  };
}

function oaep(hash: OaepHash): Mechanism {
  const { mechanism: hashAlg, maskGeneration: mgf } = hashes[hash];
  return {
    mechanism: mechanisms.CKM_RSA_PKCS_OAEP,
    parameter: { type: 4, hashAlg, mgf, source: labelSource },
  };
}

function openErasing(key: Uint8Array, wrapped: Uint8Array): Uint8Array {
  try {
    return openRfc5649(key, wrapped);
  } finally {
    key.fill(0);
  }
}

/** Works with objects that are destroyed afterwards, however it ends. */
async function withObjects<T>(
  token: TokenSession,
  work: (made: (object: Handle) => Handle) => Promise<T>,
): Promise<T> {
  const objects: Handle[] = [];
  try {
    return await work((object) => {
      objects.push(object);
      return object;
    });
  } finally {
    destroyObjects(token, objects);
  }
}
