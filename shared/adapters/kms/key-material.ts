import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import type { Secret } from '#domain/secret.ts';

/** The initial value that RFC 5649 section 3 prescribes. */
const alternativeInitialValue = Buffer.from('a65959a6', 'hex');

/**
 * Wraps key material as AWS KMS imports it (RSA_AES_KEY_WRAP_SHA_256, which is CKM_RSA_AES_KEY_WRAP of PKCS#11 3.0): an
 * AES-256 key of this one use under RSA-OAEP with SHA-256, then the material under that AES key by RFC 5649.
 * @param wrappingKey RSA, DER SubjectPublicKeyInfo
 * @param material PKCS#8 PrivateKeyInfo, DER; the caller erases it
 */
export function wrapKeyMaterial(wrappingKey: Uint8Array, material: Secret): Uint8Array {
  const key = createPublicKey({ key: Buffer.from(wrappingKey), format: 'der', type: 'spki' });
  const aesKey = randomBytes(32);
  try {
    const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, alternativeInitialValue);
    const wrappedMaterial = Buffer.concat([cipher.update(material.bytes()), cipher.final()]);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return Buffer.concat([publicEncrypt({ key, padding, oaepHash: 'sha256' }, aesKey), wrappedMaterial]);
  } finally {
    aesKey.fill(0);
  }
}
